using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Federation.Tests.Attacks;

/// <summary>Adds gradients as they are: the bound that was forgotten.</summary>
internal sealed class ForgottenBound(int parameters, double clip) : GradientBound(parameters, parameters)
{
    private readonly double _unitsPerGrid = clip / GradientClipping.LargestClip;

    public override double SensitivityGrid => GradientClipping.LargestClip;

    public override double Clip => clip;

    internal override ClipOutcome AddClipped(ReadOnlySpan<float> gradient, Span<long> sum)
    {
        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] += (long)(gradient[i] / _unitsPerGrid);
        }

        return ClipOutcome.Kept;
    }

    internal override void Read(ReadOnlySpan<double> released, double divisor, Span<float> gradient)
    {
        for (int i = 0; i < gradient.Length; i++)
        {
            gradient[i] = (float)(released[i] * (_unitsPerGrid / divisor));
        }
    }
}

/// <summary>A list that is shuffled once per epoch and cut into pieces, accounted as if batches were sampled.</summary>
internal sealed class ShuffledBatches(
    PoissonSampling accountedAs, double noiseMultiplier, int steps, int patients, ulong seed) : PatientBatches
{
    private readonly int _pieces = (int)Math.Round(1 / accountedAs.Rate);

    public override PrivacyComposition Releases =>
        PrivacyComposition.Of(accountedAs.Gaussian(noiseMultiplier), steps);

    public override double GridSlack => 0;

    public override IReadOnlyList<int> Draw(int step)
    {
        int[] order = [.. Enumerable.Range(0, patients)];
        new PhiloxStream(seed, stream: (ulong)(step / _pieces)).Shuffle(order);
        int piece = step % _pieces;
        return order[(patients * piece / _pieces)..(patients * (piece + 1) / _pieces)];
    }
}
