namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>
/// Encryptions of zero under a public key (b, a) with b = −(a·s + e), both as values of the transform.
/// </summary>
/// <remarks>
/// c0 = b·u + e0 and c1 = a·u + e1 with u ternary and errors centred binomial (Fan and Vercauteren 2012, section 3).
/// Holds the randomness of one encryption at a time, in pinned memory. Not safe for concurrent use.
/// </remarks>
internal sealed class RingEncryption : IDisposable
{
    private readonly Ring _ring;
    private readonly RingSampler _sampler;
    private readonly int[] _ternary;
    private readonly int[] _firstError;
    private readonly int[] _secondError;
    private readonly ulong[] _values;
    private readonly ulong[] _product;

    /// <summary>Takes over <paramref name="stream"/>.</summary>
    internal RingEncryption(Ring ring, AesCounterStream stream)
    {
        _ring = ring;
        _sampler = new RingSampler(stream);
        _ternary = GC.AllocateArray<int>(ring.Degree, pinned: true);
        _firstError = GC.AllocateArray<int>(ring.Degree, pinned: true);
        _secondError = GC.AllocateArray<int>(ring.Degree, pinned: true);
        _values = GC.AllocateArray<ulong>(ring.Degree, pinned: true);
        _product = GC.AllocateArray<ulong>(ring.Degree, pinned: true);
    }

    /// <summary>Writes a fresh encryption of zero.</summary>
    /// <param name="b">k·N values.</param>
    /// <param name="a">k·N values.</param>
    /// <param name="destination">What it held before is overwritten.</param>
    /// <param name="offset">Added to every coefficient of c0.</param>
    internal void EncryptZero(
        ReadOnlySpan<ulong> b, ReadOnlySpan<ulong> a, RingCiphertext destination, int offset = 0)
    {
        _sampler.Ternary(_ternary);
        _sampler.Error(_firstError);
        _sampler.Error(_secondError);
        Span<int> carriedError = _firstError.AsSpan(0, destination.Carried);
        foreach (ref int error in carriedError)
        {
            error += offset;
        }

        for (int j = 0; j < _ring.PrimeCount; j++)
        {
            NttTables tables = _ring.Tables[j];
            ResidueArithmetic.Spread(_ternary, _values, tables.Modulus);
            tables.Forward(_values);

            Span<ulong> c1 = _ring.Row(destination.C1, j);
            ResidueArithmetic.Spread(_secondError, c1, tables.Modulus);
            tables.Forward(c1);
            ResidueArithmetic.AddProduct(c1, _ring.Row(a, j), _values, tables);

            _product.AsSpan().Clear();
            ResidueArithmetic.AddProduct(_product, _ring.Row(b, j), _values, tables);
            tables.Inverse(_product);
            Span<ulong> c0 = destination.C0Row(j);
            ResidueArithmetic.Spread(carriedError, c0, tables.Modulus);
            ResidueArithmetic.Add(c0, _product.AsSpan(0, c0.Length), tables.Modulus);
        }
    }

    public void Dispose()
    {
        _sampler.Dispose();
        Ring.Wipe(_ternary);
        Ring.Wipe(_firstError);
        Ring.Wipe(_secondError);
        Ring.Wipe(_values);
        Ring.Wipe(_product);
    }
}
