using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

namespace DigitalTwin.Federation.Tests.PrivateTraining;

/// <summary>Lets the exact sum out: what a guarantee is about, and what nobody but a test may see.</summary>
internal sealed class SumProbe(int coordinates)
    : SumRelease(coordinates, noiseMultiplier: 1, _ => throw new InvalidOperationException("No noise."))
{
    public long[] Sum { get; private set; } = [];

    protected override void ReleaseSum(int number, ReadOnlySpan<long> sum, Span<double> released)
    {
        Sum = sum.ToArray();
        for (int i = 0; i < sum.Length; i++)
        {
            released[i] = sum[i];
        }
    }
}

/// <summary>The same patients in every step; has no accounting.</summary>
internal sealed class FixedBatches(IReadOnlyList<int> batch) : PatientBatches
{
    public override PrivacyComposition Releases => throw new InvalidOperationException("Not private.");

    public override double GridSlack => 0;

    public override IReadOnlyList<int> Draw(int step) => batch;
}
