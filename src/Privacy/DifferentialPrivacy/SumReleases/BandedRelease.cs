using System.Numerics;

namespace DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

/// <summary>A banded factor C: the first entries of the square root of the matrix of prefix sums.</summary>
/// <remarks>
/// <para>
/// Kalinin and Lampert, "Banded Square Root Matrix Factorization for Differentially Private Model Training", NeurIPS
/// 2024 (BSR): A is the Toeplitz matrix of 1/(1 − x), its root that of (1 − x)^(−1/2) with coefficients c_0 = 1,
/// c_k = c_(k−1)·(2k − 1)/(2k), and C keeps the first b of them. A patient whose parts are b steps or more apart meets
/// disjoint rows of C in each, so k parts have sensitivity √k·‖c‖ clips (Choquette-Choo et al., "(Amplified)
/// Banded Matrix Factorization", NeurIPS 2023, theorem 2).
/// </para>
/// <para>
/// The coefficients are rounded to multiples of 1/256. That is another factor, hardly a worse one, whose sensitivity is
/// known exactly; and C·G stays a matrix of integers. C·G + Z is what is released; the estimates of the sums,
/// C⁻¹(CG + Z), are computed from it in doubles. The last b exact sums are kept in memory for it.
/// </para>
/// </remarks>
public sealed class BandedRelease : PlannedRelease
{
    /// <summary>The coefficients are multiples of one over this.</summary>
    public const int CoefficientScale = 256;

    private readonly long[] _coefficients;
    private readonly long[][] _sums;
    private readonly double[][] _estimates;
    private readonly long[] _noise;

    /// <param name="coordinates">Length of a sum.</param>
    /// <param name="clipGrid">What one patient adds to a sum at most, in grid units.</param>
    /// <param name="noiseMultiplier">σ of the fresh noise over the sensitivity of the whole run.</param>
    /// <param name="plan">Steps and epochs.</param>
    /// <param name="band">b, from 1, which is independent noise; with several epochs at most the steps of one.</param>
    /// <param name="noiseOfStep">The bits of each step; a source of its own per step.</param>
    public BandedRelease(
        int coordinates,
        double clipGrid,
        double noiseMultiplier,
        TrainingPlan plan,
        int band,
        Func<int, RandomBits> noiseOfStep)
        : base(coordinates, clipGrid, noiseMultiplier, plan, SquaredSensitivity(plan, band), noiseOfStep)
    {
        _coefficients = Coefficients(band);
        _sums = [.. Enumerable.Range(0, band).Select(_ => new long[coordinates])];
        _estimates = [.. Enumerable.Range(0, band).Select(_ => new double[coordinates])];
        _noise = new long[coordinates];
    }

    /// <summary>256·c_0, …, 256·c_(b−1), rounded.</summary>
    internal static long[] Coefficients(int band)
    {
        long[] coefficients = new long[band];
        double exact = CoefficientScale;
        for (int k = 0; k < band; k++)
        {
            exact *= k == 0 ? 1 : ((2.0 * k) - 1) / (2 * k);
            coefficients[k] = (long)Math.Round(exact);
        }

        return coefficients;
    }

    /// <summary>The square of the sensitivity of a run, in units of one patient's clip over 256.</summary>
    internal static BigInteger SquaredSensitivity(TrainingPlan plan, int band)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(band);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(band, plan.StepsOfEpoch);
        BigInteger square = 0;
        foreach (long coefficient in Coefficients(band))
        {
            square += coefficient * coefficient;
        }

        return square * plan.Epochs;
    }

    protected override void ReleaseSum(int number, ReadOnlySpan<long> sum, Span<double> released)
    {
        int band = _coefficients.Length;
        int place = number % band;
        sum.CopyTo(_sums[place]);
        DrawNoise(number, _noise);
        int known = int.Min(band, number + 1);
        for (int i = 0; i < sum.Length; i++)
        {
            // Row t of CG + Z, in integers.
            long row = _noise[i];
            for (int k = 0; k < known; k++)
            {
                row += _coefficients[k] * _sums[(number - k) % band][i];
            }

            // From here on only what was released takes part: row t of the triangular system C·x = CG + Z.
            double rest = row;
            for (int k = 1; k < known; k++)
            {
                rest -= _coefficients[k] * _estimates[(number - k) % band][i];
            }

            released[i] = rest / CoefficientScale;
        }

        released.CopyTo(_estimates[place]);
        Array.Clear(_noise);
    }
}
