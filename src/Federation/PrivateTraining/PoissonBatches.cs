using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

namespace DigitalTwin.Federation.PrivateTraining;

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
