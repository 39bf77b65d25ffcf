using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>Everything that a private step depends on, so that a test can put in a part that cheats.</summary>
internal sealed record PrivateTrainerParts
{
    public required Network Network { get; init; }

    public required PatientRows Rows { get; init; }

    public required Optimiser Optimiser { get; init; }

    public required GradientBound Bound { get; init; }

    public required PatientBatches Batches { get; init; }

    public required SumRelease Release { get; init; }

    /// <summary>From the size of the drawn batch to what the sum is divided by; honest ones ignore the size.</summary>
    public required Func<int, double> Divisor { get; init; }

    /// <summary>Key of dropout's masks, the same for all patients.</summary>
    public ulong DropoutSeed { get; init; }
}
