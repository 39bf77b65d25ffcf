using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Quantisation;

/// <summary>
/// One hospital's addend as the sum of many patients' vectors, each clipped, rotated and rounded for itself.
/// </summary>
/// <remarks>
/// <para><b>Sensitivity.</b> The integers of one patient depend on that patient's vector and on random bits drawn for
/// it alone, and Σ x² ≤ S = <see cref="CompactParameters.SquaredSensitivity"/> is checked in integers. The hospital's
/// sum is the sum of these integers, so a sum with a patient and one without differ by a vector of L2 norm at most √S,
/// for every outcome of everybody else's rounding. That is the sensitivity to account for.</para>
/// <para><b>Why not round the sum once.</b> Rotation is linear, rounding is not: with or without a patient whose vector
/// is (ε, …, ε) grid units, a sum that is rounded afterwards moves by 0 or 1 in each of P coordinates, up to √P units
/// however small ε is. The norm check on the rounded sum says nothing about that difference. So rounding has to follow
/// the rotation patient by patient, and each patient costs P·log2 P additions.</para>
/// <para>The parameters count patients as addends. Not safe for concurrent use.</para>
/// </remarks>
public sealed class PatientEncoding : IDisposable
{
    private readonly CompactEncoding _encoding;
    private readonly double[] _rotated;
    private readonly long[] _integers;
    private readonly long[] _sum;

    /// <param name="encoding">Its parameters count the patients of all hospitals.</param>
    public PatientEncoding(CompactEncoding encoding)
    {
        ArgumentNullException.ThrowIfNull(encoding);
        _encoding = encoding;
        _rotated = GC.AllocateArray<double>(encoding.Slots, pinned: true);
        _integers = GC.AllocateArray<long>(encoding.Slots, pinned: true);
        _sum = GC.AllocateArray<long>(encoding.Slots, pinned: true);
    }

    /// <summary>Adds one patient's vector to the hospital's sum.</summary>
    /// <param name="values">Real units.</param>
    /// <param name="rounding">Bits that decide the rounding.</param>
    /// <exception cref="ArgumentException">The length is wrong.</exception>
    public ClipOutcome Add(ReadOnlySpan<double> values, RandomBits rounding)
    {
        bool within;
        try
        {
            within = _encoding.RoundClipped(values, rounding, _rotated, _integers);
        }
        catch (QuantisationException)
        {
            return ClipOutcome.NotFinite;
        }

        for (int i = 0; i < _sum.Length; i++)
        {
            _sum[i] += _integers[i];
        }

        return within ? ClipOutcome.Kept : ClipOutcome.Clipped;
    }

    /// <summary>Adds the hospital's noise share to its sum, writes the slots and starts a new sum.</summary>
    /// <param name="noise">Bits of the noise; not read where the variance is 0.</param>
    /// <param name="shareVariance">Variance of this hospital's noise in squared grid units; 0 for none.</param>
    /// <param name="slots">As many as the encoding has.</param>
    /// <exception cref="ArgumentException">The number of slots is wrong or the variance negative.</exception>
    public void Finish(RandomBits noise, BigInteger shareVariance, Span<ulong> slots)
    {
        if (slots.Length != _sum.Length)
        {
            throw new ArgumentException($"Expected {_sum.Length} slots, got {slots.Length}.", nameof(slots));
        }

        _encoding.AddNoiseAndReduce(_sum, noise, shareVariance, slots);
        Wipe();
    }

    /// <summary>Wipes what was collected.</summary>
    public void Dispose() => Wipe();

    private void Wipe()
    {
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_rotated.AsSpan()));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_integers.AsSpan()));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_sum.AsSpan()));
    }
}
