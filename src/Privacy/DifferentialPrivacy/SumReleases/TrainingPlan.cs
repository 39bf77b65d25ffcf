namespace DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

/// <summary>
/// How often a patient takes part in a run without sampling: once in each epoch, always in the same step of it.
/// </summary>
/// <remarks>
/// So a patient's parts are <see cref="StepsOfEpoch"/> steps from one another, the "minimum separation" of
/// Choquette-Choo et al., "Multi-Epoch Matrix Factorization Mechanisms for Private Machine Learning", ICML 2023.
/// </remarks>
public readonly record struct TrainingPlan
{
    public TrainingPlan(int stepsOfEpoch, int epochs)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(stepsOfEpoch);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(epochs);
        StepsOfEpoch = stepsOfEpoch;
        Epochs = epochs;
        Steps = checked(stepsOfEpoch * epochs);
    }

    /// <summary>Steps in which everybody takes part once.</summary>
    public int StepsOfEpoch { get; }

    /// <summary>How often a patient takes part.</summary>
    public int Epochs { get; }

    /// <summary>All steps.</summary>
    public int Steps { get; }
}
