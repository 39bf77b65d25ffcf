using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Quantisation;

/// <summary>
/// Real vectors as slots of b bits whose sum, modulo 2^b, decodes to the sum of the clipped vectors plus noise.
/// </summary>
/// <remarks>
/// Clip to L2 norm c, rotate, scale by 1/γ, round at random within the norm bound, add exact discrete Gaussian noise,
/// reduce modulo 2^b: Algorithm 1 of Kairouz, Liu and Steinke, ICML 2021. Floating point takes part up to the rounding
/// and again after the sum; in between are integers. Bounds are in <see cref="CompactParameters"/>. An instance keeps
/// no state of a vector and can be used by several threads.
/// </remarks>
public sealed class CompactEncoding
{
    private const int NoiseBatch = 1024;

    private readonly RandomisedHadamard _rotation;
    private readonly ConditionalRounding _rounding;
    private readonly double _limit;

    /// <param name="publicSeed32">
    /// Seed of the rotation, 32 bytes, the same for all members of a sum and not known before the vectors are chosen.
    /// </param>
    public CompactEncoding(CompactParameters parameters, ReadOnlySpan<byte> publicSeed32)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Parameters = parameters;
        _rotation = new RandomisedHadamard(publicSeed32, parameters.Dimension);
        _rounding = new ConditionalRounding(parameters.SquaredSensitivity, parameters.Beta);
        _limit = parameters.Clip * (1 - parameters.ClipSlack);
    }

    /// <summary>Grid and bounds.</summary>
    public CompactParameters Parameters { get; }

    /// <summary>Slots of a vector: the padded dimension.</summary>
    public int Slots => Parameters.PaddedDimension;

    /// <summary>Writes one vector as slots.</summary>
    /// <param name="values">Real units, <see cref="CompactParameters.Dimension"/> of them.</param>
    /// <param name="rounding">Bits that decide the rounding. Secret, as the noise is.</param>
    /// <param name="noise">Bits of the noise; not read where the variance is 0.</param>
    /// <param name="shareVariance">Variance of this member's noise in squared grid units; 0 for none.</param>
    /// <param name="slots"><see cref="Slots"/> of them.</param>
    /// <exception cref="ArgumentException">A length is wrong or the variance negative.</exception>
    /// <exception cref="QuantisationException">
    /// A value is not finite. <paramref name="slots"/> is then left as it was.
    /// </exception>
    public void Encode(
        ReadOnlySpan<double> values,
        RandomBits rounding,
        RandomBits noise,
        BigInteger shareVariance,
        Span<ulong> slots)
    {
        RequireSlots(slots.Length, nameof(slots));
        double[] rotated = GC.AllocateUninitializedArray<double>(Slots, pinned: true);
        long[] integers = GC.AllocateUninitializedArray<long>(Slots, pinned: true);
        try
        {
            RoundClipped(values, rounding, rotated, integers);
            AddNoiseAndReduce(integers, noise, shareVariance, slots);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(rotated.AsSpan()));
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(integers.AsSpan()));
        }
    }

    /// <summary>Adds the noise share to <paramref name="sum"/> and reduces it to slots.</summary>
    /// <remarks>For a member that summed vectors itself, see <see cref="PatientEncoding"/>.</remarks>
    internal void AddNoiseAndReduce(
        ReadOnlySpan<long> sum, RandomBits noise, BigInteger shareVariance, Span<ulong> slots)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(shareVariance);
        ulong mask = SlotCodec.Mask(Parameters.SlotBits);
        if (shareVariance.IsZero)
        {
            for (int i = 0; i < sum.Length; i++)
            {
                slots[i] = unchecked((ulong)sum[i]) & mask;
            }

            return;
        }

        DiscreteGaussian sampler = new(shareVariance);
        Span<long> draws = stackalloc long[NoiseBatch];
        for (int start = 0; start < sum.Length; start += NoiseBatch)
        {
            Span<long> batch = draws[..int.Min(NoiseBatch, sum.Length - start)];
            sampler.Fill(batch, noise);
            for (int i = 0; i < batch.Length; i++)
            {
                // Modulo 2^64 first: a multiple of 2^b.
                slots[start + i] = unchecked((ulong)(sum[start + i] + batch[i])) & mask;
            }
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(draws));
    }

    /// <summary>The sum of the clipped vectors, and of their noise, that slots summed modulo 2^b stand for.</summary>
    /// <param name="sum">Sums, of which only the lowest b bits are read.</param>
    /// <returns><see cref="CompactParameters.Dimension"/> values in real units.</returns>
    /// <exception cref="ArgumentException">The length is not <see cref="Slots"/>.</exception>
    public double[] Decode(ReadOnlySpan<ulong> sum)
    {
        RequireSlots(sum.Length, nameof(sum));
        double[] values = new double[Slots];
        int unused = SlotCodec.MaximumBits - Parameters.SlotBits;
        double grid = Parameters.Grid;
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = (unchecked((long)(sum[i] << unused)) >> unused) * grid;
        }

        _rotation.Inverse(values);
        return values.Length == Parameters.Dimension ? values : values[..Parameters.Dimension];
    }

    /// <summary>Clips, rotates and rounds one vector.</summary>
    /// <param name="rotated">Space for <see cref="Slots"/> doubles; the caller wipes it.</param>
    /// <param name="integers">Receives <see cref="Slots"/> integers with Σ x² within the sensitivity.</param>
    /// <returns>Whether the vector was within the clip.</returns>
    internal bool RoundClipped(
        ReadOnlySpan<double> values, RandomBits rounding, Span<double> rotated, Span<long> integers)
    {
        if (values.Length != Parameters.Dimension)
        {
            throw new ArgumentException(
                $"Expected {Parameters.Dimension} values, got {values.Length}.", nameof(values));
        }

        double largest = 0;
        for (int i = 0; i < values.Length; i++)
        {
            if (!double.IsFinite(values[i]))
            {
                throw new QuantisationException(i, $"Value {i} is not finite.");
            }

            largest = Math.Max(largest, Math.Abs(values[i]));
        }

        bool within = Clip(values, largest, rotated[..values.Length]);
        rotated[values.Length..].Clear();
        _rotation.Forward(rotated);
        double grid = Parameters.Grid;
        for (int i = 0; i < rotated.Length; i++)
        {
            rotated[i] /= grid;
        }

        _rounding.Round(rotated, rounding, integers);
        return within;
    }

    private bool Clip(ReadOnlySpan<double> values, double largest, Span<double> clipped)
    {
        // Quotients of at most 1 neither overflow nor vanish when squared.
        double squares = 0;
        for (int i = 0; largest > 0 && i < values.Length; i++)
        {
            double relative = values[i] / largest;
            squares += relative * relative;
        }

        double bound = squares > 0 ? _limit / Math.Sqrt(squares) : double.PositiveInfinity;
        if (largest <= bound)
        {
            values.CopyTo(clipped);
            return true;
        }

        for (int i = 0; i < values.Length; i++)
        {
            clipped[i] = values[i] / largest * bound;
        }

        return false;
    }

    private void RequireSlots(int length, string name)
    {
        if (length != Slots)
        {
            throw new ArgumentException($"Expected {Slots} slots, got {length}.", name);
        }
    }
}
