using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>A SEAL secret key: ternary s at key level, in the order of the NTT. For tests against peers.</summary>
/// <remarks>
/// Internal on purpose: no project can serialize a secret key through this assembly. Residues live in a pinned array
/// that is wiped. Only the uncompressed form exists, because inflating would leave copies behind.
/// </remarks>
internal sealed class SealSecretKey : IDisposable
{
    private const string Name = "secret key";

    private readonly ulong[] _residues;
    private bool _disposed;

    private SealSecretKey(SealParameters parameters, ulong[] residues)
    {
        Parameters = parameters;
        _residues = residues;
    }

    internal SealParameters Parameters { get; }

    /// <summary>Residues by prime, then in the order of the NTT.</summary>
    internal ReadOnlySpan<ulong> Residues
    {
        get
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _residues;
        }
    }

    /// <summary>A fresh ternary key and its public key, whose second half is a seed.</summary>
    internal static (SealSecretKey Secret, SealPublicKey Public) Generate(SealParameters parameters)
    {
        Ring ring = parameters.RingOf(parameters.KeyLevel);
        SealSeed seed = SealSeed.Fresh();
        ulong[] a = new ulong[ring.Words];
        seed.Expand(parameters.Degree, parameters.Primes.AsSpan(), a);
        using RingSampler sampler = new(AesCounterStream.Fresh());
        (ulong[] secret, ulong[] b) = RingKeys.Generate(ring, a, sampler);
        return (new SealSecretKey(parameters, secret), SealPublicKey.Create(parameters, [.. b, .. a], seed));
    }

    /// <summary>Takes over a pinned array of residues at key level.</summary>
    internal static SealSecretKey Adopt(SealParameters parameters, ulong[] residues) => new(parameters, residues);

    /// <exception cref="SealFormatException">The bytes are not such a key.</exception>
    internal static SealSecretKey Parse(SealParameters parameters, ReadOnlySpan<byte> bytes)
    {
        if (SealHeader.Parse(bytes, Name).Encoding.Compression != SealCompression.None)
        {
            throw new SealFormatException($"A {Name} is not compressed.");
        }

        SealReader reader = SealReader.Open(bytes, Name, mostBodyBytes: 0);
        SealLevel level = parameters.KeyLevel;
        ulong expected = (ulong)SealPolynomialPair.Words(parameters, level);
        if (reader.ReadParmsId() != level.Id || reader.ReadWord() != expected)
        {
            throw new SealFormatException($"The {Name} belongs to other parameters.");
        }

        SealScale.Require(reader.ReadDouble(), parameters, level, Name, isKey: true);
        ulong[] residues = SealPlaintext.ReadArray(ref reader, expected, Name, pinned: true);
        SealSecretKey key = new(parameters, residues);
        try
        {
            reader.RequireEnd();
            SealPolynomialPair.RequireReduced(residues, parameters, level.Primes, Name);
            return key;
        }
        catch (SealFormatException)
        {
            key.Dispose();
            throw;
        }
    }

    /// <summary>The key in version 4.1, in a pinned array. The caller wipes it.</summary>
    internal byte[] Export()
        => SealPlaintext.Write(SealEncoding.Default, Parameters.KeyLevel.Id, SealScale.None, Residues);

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_residues.AsSpan()));
        _disposed = true;
    }
}
