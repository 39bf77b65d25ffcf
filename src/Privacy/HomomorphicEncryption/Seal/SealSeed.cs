using System.Security.Cryptography;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>
/// A public seed in place of a uniform polynomial (SEAL: randomgen.h, UniformRandomGeneratorInfo).
/// </summary>
public sealed class SealSeed
{
    /// <summary>Bytes of a seed.</summary>
    public const int SeedBytes = 64;

    /// <summary>Bytes on the wire: header, generator, seed.</summary>
    internal const int WireBytes = SealHeader.Bytes + BodyBytes;

    private const int BodyBytes = sizeof(byte) + SeedBytes;

    private readonly byte[] _seed;

    /// <exception cref="SealFormatException">The generator or the length of the seed is another.</exception>
    public SealSeed(SealGenerator generator, ReadOnlySpan<byte> seed)
    {
        if (generator is not (SealGenerator.Blake2xb or SealGenerator.Shake256))
        {
            throw new SealFormatException(
                $"Generator {(byte)generator} is unknown; known are BLAKE2Xb (1) and SHAKE256 (2).");
        }

        if (seed.Length != SeedBytes)
        {
            throw new SealFormatException($"A seed has {SeedBytes} bytes, not {seed.Length}.");
        }

        Generator = generator;
        _seed = seed.ToArray();
    }

    public SealGenerator Generator { get; }

    public ReadOnlySpan<byte> Seed => _seed;

    /// <summary>A seed of SEAL's default generator from the system's.</summary>
    public static SealSeed Fresh() => new(SealGenerator.Blake2xb, RandomNumberGenerator.GetBytes(SeedBytes));

    internal static SealSeed Read(ref SealReader from)
    {
        SealReader info = from.ReadNested("seed");
        SealGenerator generator = (SealGenerator)info.ReadByte();
        SealSeed seed = new(generator, info.ReadBytes(SeedBytes));
        info.RequireEnd();
        return seed;
    }

    internal void Write(SealWriter writer)
    {
        writer.BeginNested(BodyBytes);
        writer.WriteByte((byte)Generator);
        writer.WriteBytes(_seed);
    }

    /// <summary>The polynomial that the seed stands for, as residues by prime, then by coefficient.</summary>
    internal void Expand(int degree, ReadOnlySpan<ulong> primes, Span<ulong> residues)
    {
        using SealRandomStream stream = new(Generator, _seed);
        UniformPolynomial.Sample(stream, degree, primes, residues);
    }
}
