using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

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

/// <summary>Each patient with the same probability, independently in every step; independent noise.</summary>
internal sealed class PoissonBatches(
    PoissonSampling sampling, int patients, IndependentRelease release, TrainingKey key) : PatientBatches
{
    public override PrivacyComposition Releases =>
        PrivacyComposition.Of(sampling.Gaussian(release.NoiseMultiplier), release.Steps);

    public override double GridSlack => release.Steps * release.SlackOfStep;

    public override IReadOnlyList<int> Draw(int step)
    {
        using CounterRandomBits bits = key.Batch(step);
        return sampling.Draw(patients, bits);
    }
}
