using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

namespace DigitalTwin.Federation.PrivateTraining;

/// <summary>Each patient once in every epoch, in the same step of it: for hospitals that cannot sample.</summary>
/// <remarks>
/// The step is drawn for each patient independently, so that one who leaves moves nobody else; who is in which batch
/// need not stay secret, and nothing is gained from its being random. The noise has to know the plan, and the run is
/// accounted as a whole, from its first step on.
/// </remarks>
internal sealed class PlannedBatches : PatientBatches
{
    private readonly PlannedRelease _release;
    private readonly List<int>[] _batches;

    public PlannedBatches(int patients, PlannedRelease release, TrainingKey key)
    {
        _release = release;
        _batches = new List<int>[release.Plan.StepsOfEpoch];
        for (int i = 0; i < _batches.Length; i++)
        {
            _batches[i] = [];
        }

        using CounterRandomBits bits = key.Batch(0);
        for (int patient = 0; patient < patients; patient++)
        {
            _batches[(int)bits.Below((ulong)_batches.Length)].Add(patient);
        }
    }

    public override PrivacyComposition Releases =>
        PrivacyComposition.Of(new GaussianMechanism(_release.NoiseMultiplier), _release.Steps > 0 ? 1 : 0);

    public override double GridSlack => _release.Steps > 0 ? _release.GridSlack : 0;

    public override IReadOnlyList<int> Draw(int step) => _batches[step % _batches.Length];
}
