using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>The public numbers of a DP-SGD run; none of them may be computed from the rows that it trains on.</summary>
public sealed record PrivateTrainingSettings
{
    /// <summary>How often a patient takes part.</summary>
    public required PoissonSampling Sampling { get; init; }

    /// <summary>σ over the sensitivity.</summary>
    public required double NoiseMultiplier { get; init; }

    /// <summary>
    /// What every sum is divided by, patients: about the sampling rate times how many there are, by a public count.
    /// </summary>
    /// <remarks>
    /// The number of patients differs between neighbours, and the size of a batch even more, so neither divides.
    /// </remarks>
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
