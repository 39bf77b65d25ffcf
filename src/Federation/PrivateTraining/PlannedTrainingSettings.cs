using DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>
/// The public numbers of a DP-FTRL run; none of them may be computed from the rows that it trains on.
/// </summary>
public sealed record PlannedTrainingSettings
{
    /// <summary>Steps and epochs. No step beyond them can be made.</summary>
    public required TrainingPlan Plan { get; init; }

    /// <summary>
    /// The band of <see cref="BandedRelease"/>, at most the steps of an epoch; null for <see cref="TreeRelease"/>.
    /// </summary>
    public required int? Band { get; init; }

    /// <summary>σ over the sensitivity, of the run as one Gaussian mechanism.</summary>
    public required double NoiseMultiplier { get; init; }

    /// <summary>What every sum is divided by: patients, by a public count, over steps of an epoch.</summary>
    public required double ExpectedBatch
    {
        get;
        init => field = value > 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value, "An expected batch is a number above zero.");
    }

    /// <summary>Key of dropout's masks, the same for all patients of a step.</summary>
    public ulong DropoutSeed { get; init; }
}
