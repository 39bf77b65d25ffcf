using System.Security.Cryptography;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>One ciphertext (c0, c1) with c0 + c1·s = the scaled plaintext + noise.</summary>
/// <remarks>
/// c0 is kept as coefficients, and only as many as are in use; c1 as values of the transform, which is how a decryptor
/// needs it. Both as residues, prime after prime.
/// </remarks>
internal sealed class RingCiphertext(Ring ring, int carried)
{
    /// <summary>Coefficients of c0 that exist.</summary>
    internal int Carried { get; } = carried;

    /// <summary>k·<see cref="Carried"/> residues of coefficients.</summary>
    internal ulong[] C0 { get; } = new ulong[ring.PrimeCount * carried];

    /// <summary>k·N residues of values.</summary>
    internal ulong[] C1 { get; } = new ulong[ring.Words];

    /// <summary>Bytes of a packed ciphertext whose c0 misses the low bits of its first residue.</summary>
    internal static int PackedBytes(Ring ring, int carried, int droppedBits) => checked(
        ring.PackedBytes + ring.Tables.Select((table, j) => RowBytes(table, j, carried, droppedBits)).Sum());

    internal Span<ulong> C0Row(int j) => C0.AsSpan(j * Carried, Carried);

    internal void Add(RingCiphertext other)
    {
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            Modulus modulus = ring.Tables[j].Modulus;
            ResidueArithmetic.Add(C0Row(j), other.C0Row(j), modulus);
            ResidueArithmetic.Add(ring.Row(C1, j), ring.Row(other.C1, j), modulus);
        }
    }

    /// <summary>
    /// Takes from c0 what is needed to make its residues modulo the first prime multiples of 2^<paramref name="bits"/>.
    /// </summary>
    /// <remarks>
    /// The amount is the low bits of that residue, below 2^bits: noise for the other residues, and bits that need not
    /// travel. The caller has added half of 2^bits before, so that the noise is centred.
    /// </remarks>
    internal void DropLowBits(int bits)
    {
        ulong mask = (1ul << bits) - 1;
        for (int j = ring.PrimeCount - 1; j >= 0; j--)
        {
            Modulus modulus = ring.Tables[j].Modulus;
            Span<ulong> first = C0Row(0);
            Span<ulong> row = C0Row(j);
            for (int i = 0; i < row.Length; i++)
            {
                row[i] = modulus.Subtract(row[i], first[i] & mask);
            }
        }
    }

    internal void Write(Span<byte> destination, int droppedBits)
    {
        int offset = 0;
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            int dropped = j == 0 ? droppedBits : 0;
            int bytes = RowBytes(ring.Tables[j], j, Carried, droppedBits);
            ResidueCodec.Write(
                destination.Slice(offset, bytes), C0Row(j), ring.Tables[j].Modulus.Bits - dropped, dropped);
            offset += bytes;
        }

        ring.Write(destination[offset..], C1);
    }

    /// <summary>Checks packed bytes of this shape before anything is done with them.</summary>
    /// <exception cref="CiphertextException">A residue is out of range, or c1 is zero.</exception>
    internal void Check(ReadOnlySpan<byte> source, int droppedBits)
    {
        int offset = 0;
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            NttTables table = ring.Tables[j];
            int dropped = j == 0 ? droppedBits : 0;
            int bytes = RowBytes(table, j, Carried, droppedBits);
            if (!ResidueCodec.Check(
                source.Slice(offset, bytes), Carried, table.Modulus.Bits - dropped, table.Prime, dropped))
            {
                throw new CiphertextException(
                    $"Ciphertext, c0: expected residues below {table.Prime}, got a larger one or bits after the last.");
            }

            offset += bytes;
        }

        ReadOnlySpan<byte> c1 = source[offset..];
        if (!c1.ContainsAnyExcept((byte)0))
        {
            throw new CiphertextException("Ciphertext, c1: expected a nonzero polynomial, got zero.");
        }

        ring.Check(c1, "Ciphertext, c1");
    }

    /// <summary>Adds packed bytes that have passed <see cref="Check"/>.</summary>
    internal void Add(ReadOnlySpan<byte> source, int droppedBits)
    {
        int offset = 0;
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            NttTables table = ring.Tables[j];
            int dropped = j == 0 ? droppedBits : 0;
            int bytes = RowBytes(table, j, Carried, droppedBits);
            ResidueCodec.Accumulate(
                source.Slice(offset, bytes), C0Row(j), table.Modulus.Bits - dropped, table.Prime, dropped);
            offset += bytes;
        }

        ring.Add(source[offset..], C1);
    }

    /// <exception cref="CiphertextException">c1 is zero: c0 would be the plaintext, in the clear.</exception>
    internal void ThrowIfTransparent()
    {
        if (!C1.AsSpan().ContainsAnyExcept(0ul))
        {
            throw new CiphertextException("Ciphertext, c1: expected a nonzero polynomial, got zero.");
        }
    }

    /// <summary>SHA-256 of c1.</summary>
    internal byte[] C1Digest()
    {
        byte[] packed = new byte[ring.PackedBytes];
        ring.Write(packed, C1);
        return SHA256.HashData(packed);
    }

    private static int RowBytes(NttTables table, int j, int carried, int droppedBits) =>
        ResidueCodec.PackedBytes(carried, table.Modulus.Bits - (j == 0 ? droppedBits : 0));
}
