using System.Numerics;

namespace DigitalTwin.Privacy.Quantisation;

/// <summary>
/// The grid on which clipped vectors are rounded, noised and summed in slots of b bits, and every bound that follows.
/// </summary>
/// <remarks>
/// <para>Kairouz, Liu and Steinke, "The Distributed Discrete Gaussian Mechanism for Federated Learning with Secure
/// Aggregation", ICML 2021, with the rotation of <see cref="RandomisedHadamard"/>; P is the padded dimension, n the
/// number of vectors, c their clip, σ the standard deviation of the noise of the whole sum. All depends on public
/// settings alone and is the same double on every processor (square roots, products and quotients of IEEE 754).</para>
/// <para><b>Grid.</b> A coordinate of the rotated sum is sub-Gaussian with variance at most V = (c·n)²/P + n·γ²/4 + σ²:
/// rotation (<see cref="RandomisedHadamard"/>; the n vectors may all be equal), n roundings of a variable of width γ
/// (Hoeffding's lemma), noise (E exp(tX) of N_Z(0, σ²) is exp(t²σ²/2) times the ratio of Σ exp(−(x − tσ²)²/2σ²) to the
/// same sum without shift, which is the largest). A slot holds k of its standard deviations either way: 2^b·γ = 2·k·√V,
/// which is the paper's modulus with ρ = 1, solved for γ.</para>
/// <para><b>Wrap.</b> A coordinate leaves its slot with probability at most 2·exp(−k²/2)·(1 − β)^−n, the last factor
/// because rounding is conditional on an event of probability at least 1 − β. It then comes back wrong by 2^b·γ, which
/// the rotation spreads over all coordinates: 2^b·γ/√P each. So a wrap is an error like one more unit of noise, and k
/// from 5 on is ample. This is about honest members: one that ignores the clip can fill any slot.</para>
/// </remarks>
public sealed class CompactParameters
{
    /// <summary>
    /// 2^-20. The norm bound grows by √(2·ln(1/β)) = 5.3 units; a second draw is needed once in 2^20.
    /// </summary>
    public const double DefaultBeta = 1.0 / (1 << 20);

    /// <summary>Five standard deviations.</summary>
    public const double DefaultHeadRoom = 5;

    /// <summary>
    /// c is at most 2^36 grid units: the rotation of doubles is then right to a small part of a unit, and noise of 16
    /// times the clip is within <see cref="DifferentialPrivacy.DiscreteGaussian"/>.
    /// </summary>
    public const double LargestClipUnits = 1L << 36;

    /// <param name="dimension">Coordinates of a vector, from 1 to 2^26.</param>
    /// <param name="clip">c: largest L2 norm of a vector.</param>
    /// <param name="addends">
    /// n: number of clipped vectors in the sum. Where a hospital adds vectors of its patients, count patients.
    /// </param>
    /// <param name="slotBits">b, from 1 to 64.</param>
    /// <param name="sumNoise">
    /// σ in the units of c: largest standard deviation of the noise of a whole sum, 0 for none. With shares that are
    /// sized for m survivors out of n, that is √(n/m) times what the accounting asks for.
    /// </param>
    /// <param name="headRoom">k: standard deviations that a slot holds either way.</param>
    /// <param name="beta">β: largest probability that one draw of the rounding is repeated.</param>
    /// <exception cref="ArgumentException">The slots are too narrow for so many addends at any grid.</exception>
    public CompactParameters(
        int dimension,
        double clip,
        int addends,
        int slotBits,
        double sumNoise = 0,
        double headRoom = DefaultHeadRoom,
        double beta = DefaultBeta)
    {
        PaddedDimension = RandomisedHadamard.Padded(dimension);
        SlotCodec.RequireBits(slotBits);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(addends);
        RequireRange(clip, nameof(clip));
        RequireRange(headRoom, nameof(headRoom));
        if (sumNoise != 0)
        {
            RequireRange(sumNoise, nameof(sumNoise));
        }

        Dimension = dimension;
        Clip = clip;
        Addends = addends;
        SlotBits = slotBits;
        SumNoise = sumNoise;
        HeadRoom = headRoom;
        Beta = beta;

        // 4^b/(4k²) − n/4 units of γ² are left for what does not depend on γ.
        double left = (Math.ScaleB(1, 2 * slotBits) / (4 * headRoom * headRoom)) - (addends / 4.0);
        if (left <= 0)
        {
            throw new ArgumentException(
                $"{slotBits} bits hold no sum of {addends} rounded vectors: the rounding alone overflows.",
                nameof(slotBits));
        }

        double spread = clip * addends / Math.Sqrt(PaddedDimension);
        double narrowest = Math.Sqrt(((spread * spread) + (sumNoise * sumNoise)) / left);
        Grid = Math.Max(narrowest, clip / LargestClipUnits);
        SquaredSensitivity = ConditionalRounding.SquaredBoundFor(clip / Grid, PaddedDimension, beta);
    }

    /// <summary>Coordinates of a vector.</summary>
    public int Dimension { get; }

    /// <summary>P: coordinates after the rotation, and so the number of slots.</summary>
    public int PaddedDimension { get; }

    /// <summary>c, in real units.</summary>
    public double Clip { get; }

    /// <summary>n.</summary>
    public int Addends { get; }

    /// <summary>b.</summary>
    public int SlotBits { get; }

    /// <summary>σ: largest standard deviation of the noise of a whole sum, in real units.</summary>
    public double SumNoise { get; }

    /// <summary>k.</summary>
    public double HeadRoom { get; }

    /// <summary>β.</summary>
    public double Beta { get; }

    /// <summary>γ: one grid unit in real units.</summary>
    public double Grid { get; }

    /// <summary>
    /// Σ x² of a rounded vector is at most this, in integers: adding or removing one vector moves the sum by at most
    /// its square root in L2 norm. What <see cref="ConditionalRounding.SquaredBoundFor"/> gives for c / γ.
    /// </summary>
    public UInt128 SquaredSensitivity { get; }

    /// <summary>√<see cref="SquaredSensitivity"/> in grid units, not below the exact root.</summary>
    public double SensitivityGrid => Math.BitIncrement(Math.Sqrt(Math.BitIncrement((double)SquaredSensitivity)));

    /// <summary>How much longer than c a rounded vector may be, as a fraction: 0.002 is 0.2 %.</summary>
    public double NormInflation => (SensitivityGrid * Grid / Clip) - 1;

    /// <summary>The largest magnitude that a slot holds for both signs: 2^(b−1) − 1 grid units.</summary>
    public long LargestSlotSum => (long)(SlotCodec.Mask(SlotBits) >> 1);

    /// <summary>
    /// Bound on the probability that any coordinate of the sum leaves its slot: P·2·exp(−k²/2)·(1 − β)^−n, or 1.
    /// </summary>
    public double WrapProbability => Math.Min(
        1, 2.0 * PaddedDimension * Math.Exp((-HeadRoom * HeadRoom / 2) - (Addends * Math.Log(1 - Beta))));

    /// <summary>What one wrap adds at most to each decoded coordinate: 2^b·γ/√P, in real units.</summary>
    public double WrapError => Math.ScaleB(Grid, SlotBits) / Math.Sqrt(PaddedDimension);

    /// <summary>
    /// √n·γ/2: bound on the standard deviation of the error that rounding leaves in each decoded coordinate of the sum,
    /// in real units, where no draw is repeated. The errors are independent, without bias, at most γ wide each.
    /// </summary>
    /// <remarks>
    /// By Hoeffding's lemma it exceeds t of these with probability at most 2·exp(−t²/2)·(1 − β)^−n.
    /// </remarks>
    public double RoundingDeviation => Math.Sqrt(Addends) * Grid / 2;

    /// <summary>n·γ·√P: what rounding never exceeds in a decoded coordinate, whatever the random bits.</summary>
    public double WorstRoundingError => Addends * Grid * Math.Sqrt(PaddedDimension);

    /// <summary>
    /// Share of c by which vectors at the clip are shortened, so that errors of the norm's and the rotation's floating
    /// point do not make them longer than c: (P + 2m + 22)·2^-53.
    /// </summary>
    /// <remarks>
    /// P·2^-53 covers the sum of P squares in any order (Higham, "Accuracy and Stability of Numerical Algorithms",
    /// section 4.2), halved by the root and doubled for higher orders; the rest the rotation, m + 3, and ten products
    /// and quotients. Only how often rounding repeats depends on it; the bound itself is enforced in integers.
    /// </remarks>
    public double ClipSlack =>
        Math.ScaleB(PaddedDimension + 16.0, -53) + (2 * RandomisedHadamard.RelativeErrorOf(PaddedDimension));

    /// <summary>
    /// Bound on what floating point adds to a decoded coordinate of the sum: twice n·c·<see cref="ClipSlack"/> on the
    /// way in, and the inverse rotation of P slots of at most 2^(b−1) grid units on the way out.
    /// </summary>
    public double FloatingPointError
    {
        get
        {
            double length = Math.ScaleB(Grid, SlotBits - 1) * Math.Sqrt(PaddedDimension);
            double outward = (RandomisedHadamard.RelativeErrorOf(PaddedDimension) + Math.ScaleB(1, -51)) * length;
            return (2 * Addends * Clip * ClipSlack) + outward;
        }
    }

    /// <summary>
    /// The finest grid for noise of <paramref name="multiplier"/> times the sensitivity, which itself depends on the
    /// grid.
    /// </summary>
    /// <param name="multiplier">Standard deviation of the least noise of a sum, in units of the sensitivity.</param>
    /// <param name="sharers">Members whose noise shares the sum holds at most.</param>
    /// <param name="fewestSharers">Members whose shares alone have to make up that noise.</param>
    /// <exception cref="ArgumentException">The slots are too narrow for this noise.</exception>
    public static CompactParameters ForNoiseMultiplier(
        int dimension,
        double clip,
        int addends,
        int slotBits,
        double multiplier,
        int sharers,
        int fewestSharers,
        double headRoom = DefaultHeadRoom,
        double beta = DefaultBeta)
    {
        RequireRange(multiplier, nameof(multiplier));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(fewestSharers);
        ArgumentOutOfRangeException.ThrowIfLessThan(sharers, fewestSharers);

        // More noise needs a coarser grid, a coarser grid a longer rounded vector, and that more noise. Each turn takes
        // a little more than the last one asked for; where slots are wide enough the demand grows by less and less.
        double factor = multiplier * Math.Sqrt((double)sharers / fewestSharers);
        double sumNoise = factor * clip;
        for (int turn = 0; turn < 100 && sumNoise <= 1e100; turn++)
        {
            CompactParameters parameters = new(dimension, clip, addends, slotBits, sumNoise, headRoom, beta);
            double needed = factor * parameters.SensitivityGrid * parameters.Grid;
            if (needed <= sumNoise)
            {
                return parameters;
            }

            sumNoise = needed * (1 + 1e-9);
        }

        throw new ArgumentException(
            $"{slotBits} bits hold no sum of {addends} vectors with this noise.", nameof(slotBits));
    }

    /// <summary>
    /// Variance, in squared grid units, of each noise share, such that <paramref name="fewestSharers"/> of them have
    /// standard deviation <paramref name="multiplier"/> times the sensitivity or more.
    /// </summary>
    public BigInteger ShareVariance(double multiplier, int fewestSharers)
    {
        RequireRange(multiplier, nameof(multiplier));
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(fewestSharers);
        double squared = Math.BitIncrement(multiplier * multiplier) * Math.BitIncrement((double)SquaredSensitivity);

        // Rounded up, once as a double and once among integers: a share must not fall short.
        BigInteger variance = new(Math.Ceiling(Math.BitIncrement(squared)));
        return (variance + fewestSharers - 1) / fewestSharers;
    }

    /// <summary>
    /// The bits, as a real number, that a slot needs for a given grid: log2 of 2·k·√V/γ.
    /// </summary>
    public static double BitsFor(
        int dimension, double clip, int addends, double sumNoise, double grid, double headRoom = DefaultHeadRoom)
    {
        RequireRange(grid, nameof(grid));
        double spread = clip * addends / Math.Sqrt(RandomisedHadamard.Padded(dimension));
        double variance = (spread * spread) + (addends * grid * grid / 4) + (sumNoise * sumNoise);
        return Math.Log2(2 * headRoom * Math.Sqrt(variance) / grid);
    }

    // The squares of such numbers, and their products with any dimension, are normal doubles.
    private static void RequireRange(double value, string name)
    {
        if (!(value >= 1e-100 && value <= 1e100))
        {
            throw new ArgumentOutOfRangeException(name, value, "From 1e-100 to 1e100.");
        }
    }
}
