using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>Who takes part in each step, and so what the steps cost: the two cannot be had apart.</summary>
/// <remarks>
/// Chua et al., "How Private are DP-SGD Implementations?", ICML 2024: batches drawn in one way and accounted in another
/// are the usual error. What a run has cost is therefore asked of the batches.
/// </remarks>
internal abstract class PatientBatches
{
    /// <summary>The patients of a step, each at most once; may be none.</summary>
    public abstract IReadOnlyList<int> Draw(int step);

    /// <summary>What the steps that have been released cost one patient.</summary>
    public abstract PrivacyComposition Releases { get; }

    /// <summary>What drawing noise on a grid adds to δ in all steps together.</summary>
    public abstract double GridSlack { get; }
}
