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
