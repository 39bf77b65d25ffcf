using System.Numerics;
using System.Runtime.InteropServices;

namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>
/// <see cref="PatientClipping"/> for gradients of floats, fast enough for every patient of every step of training.
/// </summary>
/// <remarks>
/// <para>
/// Per-example clipping of Abadi et al., "Deep Learning with Differential Privacy", CCS 2016. <b>Claim.</b> What a
/// patient adds to the sum is an integer vector of L2 norm at most C grid units, and a function of the patient's
/// gradient alone; so adding or removing a patient moves the sum by at most C, exactly. <b>Why.</b> Floats decide which
/// integers are taken. They are taken before anything is added up, and a vector whose squares add up to more than C² is
/// shortened until they do not; C² is at most 2^52, and up to 2^53 doubles add whole numbers without error. Sums of
/// integers do not depend on their order, so no other patient's part changes: the rounding of float sums, which grows
/// with the batch, has no place to enter.
/// </para>
/// <para>
/// Every operation on floats is one multiplication or conversion per entry, the same on every vector width. Not safe
/// for concurrent use.
/// </para>
/// </remarks>
public sealed class GradientClipping
{
    /// <summary>C in grid units is at most this: an entry and its rounding fit 32 bits with room to spare.</summary>
    public const long LargestClip = 1L << 26;

    private const int FiniteBits = 0x7F80_0000;
    private const int MagnitudeBits = 0x7FFF_FFFF;
    private const int ExponentShift = 23;
    private const int ExponentBias = 127;

    // Whole numbers up to 2^53 are doubles; so are those up to 2^24 floats. A power of two above 2^125 is no float.
    private const int ExactBits = 53;
    private const int LargestLookBits = 24;
    private const int LargestLookExponent = 125;

    private readonly double _squaredClip;
    private readonly float _gridPerUnit;
    private int[] _integers = [];

    /// <param name="clipGrid">C in grid units, from 1 to <see cref="LargestClip"/>.</param>
    /// <param name="unitsPerGrid">What one grid unit is in the units of the gradient, from 1e-30 to 1e30.</param>
    public GradientClipping(long clipGrid, double unitsPerGrid)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clipGrid);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(clipGrid, LargestClip);
        if (!(unitsPerGrid is >= 1e-30 and <= 1e30))
        {
            throw new ArgumentOutOfRangeException(nameof(unitsPerGrid), unitsPerGrid, "A number from 1e-30 to 1e30.");
        }

        ClipGrid = clipGrid;
        UnitsPerGrid = unitsPerGrid;
        _squaredClip = (double)clipGrid * clipGrid;
        _gridPerUnit = (float)(1 / unitsPerGrid);
    }

    private GradientClipping(GradientClipping other, double unitsPerGrid)
        : this(other.ClipGrid, unitsPerGrid) => _integers = other._integers;

    /// <summary>C in grid units: the sensitivity of the sum.</summary>
    public long ClipGrid { get; }

    /// <summary>What one grid unit is in the units of the gradient.</summary>
    public double UnitsPerGrid { get; }

    /// <summary>Whether no entry is a NaN or an infinity.</summary>
    public static bool IsFinite(ReadOnlySpan<float> gradient) => LargestMagnitude(gradient) < FiniteBits;

    /// <summary>The same C in grid units on another grid; takes over this one's memory.</summary>
    public GradientClipping WithUnits(double unitsPerGrid) => new(this, unitsPerGrid);

    /// <summary>Adds a patient's gradient to <paramref name="sum"/>, shortened where it is longer than C.</summary>
    /// <remarks>
    /// The norm is overestimated by up to √n·2^(½·log₂ n − 25) of the largest of n entries, so a gradient hardly
    /// shorter than the clip may be shortened too.
    /// </remarks>
    /// <param name="gradient">The patient's gradient.</param>
    /// <param name="sum">Grid units, same length.</param>
    /// <exception cref="ArgumentException">The lengths differ.</exception>
    public ClipOutcome AddClipped(ReadOnlySpan<float> gradient, Span<long> sum)
    {
        if (gradient.Length != sum.Length)
        {
            throw new ArgumentException($"Expected {gradient.Length} sums, got {sum.Length}.", nameof(sum));
        }

        int largest = LargestMagnitude(gradient);
        if (largest >= FiniteBits)
        {
            return ClipOutcome.NotFinite;
        }

        if (_integers.Length < gradient.Length)
        {
            _integers = new int[gradient.Length];
        }

        Span<int> integers = _integers.AsSpan(0, gradient.Length);
        double norm = LongestNorm(gradient, largest) * _gridPerUnit;
        bool within = norm <= ClipGrid;
        float scale = within ? _gridPerUnit : (float)(_gridPerUnit * (ClipGrid / norm));

        // Rounding may leave the result too long; each turn takes off twice as much, the first one 2^-23 of it.
        for (float shrink = MathF.ScaleB(1, -23); PutOnGrid(gradient, scale, integers) > _squaredClip; shrink *= 2)
        {
            within = false;
            scale *= 1 - shrink;
        }

        Add(integers, sum);
        return within ? ClipOutcome.Kept : ClipOutcome.Clipped;
    }

    // The largest bit pattern without its sign: patterns are ordered as magnitudes are, infinities and NaNs on top.
    private static int LargestMagnitude(ReadOnlySpan<float> values)
    {
        ReadOnlySpan<int> bits = MemoryMarshal.Cast<float, int>(values);
        int largest = 0;
        int i = 0;
        if (bits.Length >= Vector<int>.Count)
        {
            Vector<int> lanes = Vector<int>.Zero;
            Vector<int> mask = new(MagnitudeBits);
            for (; i <= bits.Length - Vector<int>.Count; i += Vector<int>.Count)
            {
                lanes = Vector.Max(lanes, new Vector<int>(bits[i..]) & mask);
            }

            for (int lane = 0; lane < Vector<int>.Count; lane++)
            {
                largest = int.Max(largest, lanes[lane]);
            }
        }

        for (; i < bits.Length; i++)
        {
            largest = int.Max(largest, bits[i] & MagnitudeBits);
        }

        return largest;
    }

    // An upper bound of the L2 norm: entries times a power of two are cut to whole numbers, each of which loses less
    // than one. They have so few bits that the sum of their squares is exact, and with it the same in any order.
    private static double LongestNorm(ReadOnlySpan<float> gradient, int largest)
    {
        int exponent = (largest >> ExponentShift) - ExponentBias;
        int bits = int.Min((ExactBits - 1 - BitOperations.Log2((uint)gradient.Length)) / 2, LargestLookBits);
        int look = int.Min(bits - 1 - exponent, LargestLookExponent);
        double norm = Math.Sqrt(PutOnGrid(gradient, MathF.ScaleB(1, look), [])) + Math.Sqrt(gradient.Length);
        return Math.ScaleB(norm, -look);
    }

    // Writes entries times the scale, cut to whole numbers, where they are wanted, and returns the sum of their
    // squares: exact up to 2^53, above it at least 2^53. Towards zero, so that rounding shortens a vector.
    private static double PutOnGrid(ReadOnlySpan<float> values, float scale, Span<int> integers)
    {
        double squares = 0;
        int i = 0;
        Vector<float> scales = new(scale);
        Vector<double> low = Vector<double>.Zero;
        Vector<double> high = Vector<double>.Zero;
        for (; i <= values.Length - Vector<float>.Count; i += Vector<float>.Count)
        {
            Vector<float> whole = Vector.Truncate(new Vector<float>(values[i..]) * scales);
            Vector.Widen(whole, out Vector<double> first, out Vector<double> second);
            low += first * first;
            high += second * second;
            if (!integers.IsEmpty)
            {
                Vector.ConvertToInt32(whole).CopyTo(integers[i..]);
            }
        }

        for (; i < values.Length; i++)
        {
            float whole = MathF.Truncate(values[i] * scale);
            squares += (double)whole * whole;
            if (!integers.IsEmpty)
            {
                integers[i] = (int)whole;
            }
        }

        return squares + Vector.Sum(low) + Vector.Sum(high);
    }

    private static void Add(ReadOnlySpan<int> integers, Span<long> sum)
    {
        int i = 0;
        int half = Vector<long>.Count;
        for (; i <= integers.Length - Vector<int>.Count; i += Vector<int>.Count)
        {
            Vector.Widen(new Vector<int>(integers[i..]), out Vector<long> low, out Vector<long> high);
            (new Vector<long>(sum[i..]) + low).CopyTo(sum[i..]);
            (new Vector<long>(sum[(i + half)..]) + high).CopyTo(sum[(i + half)..]);
        }

        for (; i < integers.Length; i++)
        {
            sum[i] += integers[i];
        }
    }
}
