using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Transforms and codecs of the primes of one profile.</summary>
/// <remarks>
/// A polynomial is k·N words, prime after prime (SEAL's order within a polynomial), in one of two forms: N coefficients
/// in natural order, or N values in the order of <see cref="NttTables"/>.
/// </remarks>
internal sealed class Ring
{
    private static readonly Lazy<Ring> LazyNative = new(() => new Ring(RingProfile.Native8192));

    internal Ring(RingProfile profile)
    {
        Profile = profile;
        Tables = [.. profile.Primes.Select(prime => new NttTables(profile.Degree, prime))];
        PackedBytes = Tables.Sum(table => ResidueCodec.PackedBytes(profile.Degree, table.Modulus.Bits));
    }

    /// <summary>The ring of the native transport, made once.</summary>
    internal static Ring Native => LazyNative.Value;

    internal RingProfile Profile { get; }

    internal int Degree => Profile.Degree;

    /// <summary>k, the number of primes.</summary>
    internal int PrimeCount => Tables.Length;

    /// <summary>k·N.</summary>
    internal int Words => PrimeCount * Degree;

    internal NttTables[] Tables { get; }

    /// <summary>Bytes of one packed polynomial.</summary>
    internal int PackedBytes { get; }

    /// <summary>The residues of one prime in a polynomial.</summary>
    internal Span<ulong> Row(Span<ulong> polynomial, int prime) => polynomial.Slice(prime * Degree, Degree);

    /// <inheritdoc cref="Row(Span{ulong}, int)"/>
    internal Span<ulong> Row(ulong[] polynomial, int prime) => polynomial.AsSpan(prime * Degree, Degree);

    /// <inheritdoc cref="Row(Span{ulong}, int)"/>
    internal ReadOnlySpan<ulong> Row(ReadOnlySpan<ulong> polynomial, int prime) =>
        polynomial.Slice(prime * Degree, Degree);

    /// <summary>Every row, packed to ⌈log2 q_j⌉ bits a residue.</summary>
    internal void Write(Span<byte> destination, ReadOnlySpan<ulong> polynomial)
    {
        int offset = 0;
        for (int j = 0; j < PrimeCount; j++)
        {
            int bits = Tables[j].Modulus.Bits;
            int bytes = ResidueCodec.PackedBytes(Degree, bits);
            ResidueCodec.Write(destination.Slice(offset, bytes), Row(polynomial, j), bits);
            offset += bytes;
        }
    }

    /// <summary>The inverse of <see cref="Write"/>.</summary>
    /// <exception cref="CiphertextException">The length is another, or a residue is not below its prime.</exception>
    internal void Read(ReadOnlySpan<byte> source, Span<ulong> polynomial, string what)
    {
        Check(source, what);
        polynomial.Clear();
        Add(source, polynomial);
    }

    /// <summary>Checks a packed polynomial.</summary>
    /// <exception cref="CiphertextException">The length is another, or a residue is not below its prime.</exception>
    internal void Check(ReadOnlySpan<byte> source, string what)
    {
        if (source.Length != PackedBytes)
        {
            throw new CiphertextException($"{what}: expected {PackedBytes} bytes, got {source.Length}.");
        }

        int offset = 0;
        foreach (NttTables table in Tables)
        {
            int bits = table.Modulus.Bits;
            int bytes = ResidueCodec.PackedBytes(Degree, bits);
            if (!ResidueCodec.Check(source.Slice(offset, bytes), Degree, bits, table.Prime))
            {
                throw new CiphertextException(
                    $"{what}: expected residues below {table.Prime}, got a larger one or bits after the last.");
            }

            offset += bytes;
        }
    }

    /// <summary>sum ← sum + a packed polynomial that has passed <see cref="Check"/>.</summary>
    internal void Add(ReadOnlySpan<byte> source, Span<ulong> sum)
    {
        int offset = 0;
        for (int j = 0; j < PrimeCount; j++)
        {
            int bits = Tables[j].Modulus.Bits;
            int bytes = ResidueCodec.PackedBytes(Degree, bits);
            ResidueCodec.Accumulate(source.Slice(offset, bytes), Row(sum, j), bits, Tables[j].Prime);
            offset += bytes;
        }
    }

    /// <summary>A polynomial of pinned words, for secrets: the caller wipes it.</summary>
    internal ulong[] AllocateSecret() => GC.AllocateArray<ulong>(Words, pinned: true);

    internal static void Wipe<T>(T[] secret)
        where T : unmanaged => CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(secret.AsSpan()));
}
