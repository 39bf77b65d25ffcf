using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Numerics;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>SEAL's EncryptionParameters, checked: ring degree, primes and plain modulus of BFV or CKKS.</summary>
/// <remarks>
/// The order of the primes is part of the identity: the same primes in another order are other parameters. With more
/// than one prime the last is special: keys have it, data does not (SEAL: context.cpp).
/// </remarks>
public sealed class SealParameters
{
    /// <summary>Smallest and largest ring degree that the security tables cover.</summary>
    public const int LeastDegree = 1024, MostDegree = 32768;

    /// <summary>SEAL: util/defines.h, SEAL_COEFF_MOD_COUNT_MAX.</summary>
    public const int MostPrimes = 64;

    // SEAL: util/defines.h, SEAL_USER_MOD_BIT_COUNT_MAX and SEAL_PLAIN_MOD_BIT_COUNT_MAX.
    private const int MostPrimeBits = 60;

    private const int ModulusBytes = SealHeader.Bytes + sizeof(ulong);
    private const string Name = "parameter set";

    private readonly SealLevel[] _levels;
    private readonly ConcurrentDictionary<int, Ring> _rings = new();

    private SealParameters(
        SealScheme scheme,
        int degree,
        ImmutableArray<ulong> primes,
        ulong plainModulus,
        SealSecurity security)
    {
        Require(scheme, degree, primes, plainModulus);
        (Scheme, Degree, Primes, PlainModulus, Security) = (scheme, degree, primes, plainModulus, security);
        _levels = Chain();

        // The table speaks of the largest modulus that a secret is used with: the keys'.
        _ = Profile(KeyLevel);
    }

    public SealScheme Scheme { get; }

    /// <summary>N of the ring Z_q[X]/(X^N + 1): a power of two.</summary>
    public int Degree { get; }

    /// <summary>The distinct primes q_j ≡ 1 (mod 2N), of at most 60 bits, whose product is q, in their order.</summary>
    public ImmutableArray<ulong> Primes { get; }

    /// <summary>t of BFV, coprime to q and below 2^60; zero for CKKS.</summary>
    public ulong PlainModulus { get; }

    /// <summary>The table that the set was held to.</summary>
    public SealSecurity Security { get; }

    /// <summary>The parms_id of keys.</summary>
    public ParmsId KeyParmsId => KeyLevel.Id;

    /// <summary>The parms_id of fresh ciphertexts.</summary>
    public ParmsId DataParmsId => DataLevel.Id;

    internal SealLevel KeyLevel => _levels[0];

    internal SealLevel DataLevel => _levels.Length > 1 ? _levels[1] : _levels[0];

    /// <summary>Checks and keeps a set.</summary>
    /// <exception cref="SealFormatException">SEAL or the table would refuse it; the sentence says why.</exception>
    public static SealParameters Create(
        SealScheme scheme,
        int degree,
        ReadOnlySpan<ulong> primes,
        ulong plainModulus,
        SealSecurity security = SealSecurity.Guidelines2024)
        => new(scheme, degree, [.. primes], plainModulus, security);

    /// <summary>Reads a serialized set.</summary>
    /// <param name="bytes">The object and nothing else.</param>
    /// <param name="security">The table to hold it to.</param>
    /// <exception cref="SealFormatException">The bytes are not a set that is allowed.</exception>
    public static SealParameters Parse(
        ReadOnlySpan<byte> bytes,
        SealSecurity security = SealSecurity.Guidelines2024)
    {
        SealReader reader = SealReader.Open(bytes, Name, BodyBytes(MostPrimes));
        SealScheme scheme = (SealScheme)reader.ReadByte();
        ulong degree = reader.ReadWord();
        ulong count = reader.ReadWord();
        if (degree > MostDegree || count > MostPrimes)
        {
            throw new SealFormatException(
                $"The {Name} has degree {degree} and {count} primes; most are {MostDegree} and {MostPrimes}.");
        }

        ulong[] primes = new ulong[count];
        foreach (ref ulong prime in primes.AsSpan())
        {
            prime = ReadModulus(ref reader);
        }

        ulong plainModulus = ReadModulus(ref reader);
        reader.RequireEnd();
        return new SealParameters(scheme, (int)degree, [.. primes], plainModulus, security);
    }

    /// <summary>The set in SEAL's format, by default in version 4.1 and not compressed.</summary>
    public byte[] ToBytes(SealEncoding? encoding = null)
    {
        SealWriter writer = new(encoding ?? SealEncoding.Default, BodyBytes(Primes.Length));
        writer.WriteByte((byte)Scheme);
        writer.WriteWord((ulong)Degree);
        writer.WriteWord((ulong)Primes.Length);
        foreach (ulong modulus in (ulong[])[.. Primes, PlainModulus])
        {
            writer.BeginNested(sizeof(ulong));
            writer.WriteWord(modulus);
        }

        return writer.Finish();
    }

    /// <summary>The level that <paramref name="id"/> names, or null.</summary>
    internal SealLevel? FindLevel(ParmsId id) => Array.Find(_levels, level => level.Id == id);

    /// <summary>The ring of a level, its transforms made on first use.</summary>
    internal Ring RingOf(SealLevel level) => _rings.GetOrAdd(level.Primes, _ => new Ring(Profile(level)));

    private static int BodyBytes(int primes)
        => sizeof(byte) + sizeof(ulong) + sizeof(ulong) + ((primes + 1) * ModulusBytes);

    private static ulong ReadModulus(ref SealReader from)
    {
        SealReader modulus = from.ReadNested("modulus");
        ulong value = modulus.ReadWord();
        modulus.RequireEnd();
        return value;
    }

    private static void Require(SealScheme scheme, int degree, ImmutableArray<ulong> primes, ulong plainModulus)
    {
        if (scheme is not (SealScheme.Bfv or SealScheme.Ckks))
        {
            throw new SealFormatException($"Scheme {(byte)scheme} is not read; known are BFV (1) and CKKS (2).");
        }

        if (degree is < LeastDegree or > MostDegree || !BitOperations.IsPow2(degree))
        {
            throw new SealFormatException(
                $"The degree is a power of two from {LeastDegree} to {MostDegree}, not {degree}.");
        }

        if (primes.Length is < 1 or > MostPrimes)
        {
            throw new SealFormatException($"There are 1 to {MostPrimes} primes, not {primes.Length}.");
        }

        ulong order = 2 * (ulong)degree;
        HashSet<ulong> seen = [];
        foreach (ulong prime in primes)
        {
            if (prime >> MostPrimeBits != 0 || prime % order != 1 || !Modulus.IsPrime(prime))
            {
                throw new SealFormatException(
                    $"{prime} is not a prime of at most {MostPrimeBits} bits that leaves 1 when divided by {order}.");
            }

            if (!seen.Add(prime))
            {
                throw new SealFormatException($"The prime {prime} is there twice.");
            }
        }

        RequirePlainModulus(scheme, primes, plainModulus);
    }

    private static void RequirePlainModulus(SealScheme scheme, ImmutableArray<ulong> primes, ulong plainModulus)
    {
        if (scheme == SealScheme.Ckks)
        {
            if (plainModulus != 0)
            {
                throw new SealFormatException($"CKKS has no plain modulus, and {plainModulus} is given.");
            }

            return;
        }

        if (plainModulus < 2 || plainModulus >> MostPrimeBits != 0)
        {
            throw new SealFormatException(
                $"The plain modulus is at least 2 and below 2^{MostPrimeBits}, not {plainModulus}.");
        }

        foreach (ulong prime in primes)
        {
            if (plainModulus % prime == 0)
            {
                throw new SealFormatException($"The plain modulus {plainModulus} is a multiple of the prime {prime}.");
            }
        }
    }

    private RingProfile Profile(SealLevel level)
    {
        ulong[] primes = [.. Primes.AsSpan(0, level.Primes)];
        try
        {
            return Security == SealSecurity.SealInterop2018
                ? RingProfile.SealInterop2018(Degree, primes)
                : RingProfile.Checked(nameof(SealSecurity.Guidelines2024), Degree, primes);
        }
        catch (ArgumentException aboveTheLine)
        {
            throw new SealFormatException(aboveTheLine.Message, aboveTheLine);
        }
    }

    /// <summary>The levels from the keys' on down, as far as the plain modulus fits below the modulus.</summary>
    private SealLevel[] Chain()
    {
        List<SealLevel> levels = [];
        for (int count = Primes.Length; count >= 1; count--)
        {
            ReadOnlySpan<ulong> primes = Primes.AsSpan(0, count);
            BigInteger modulus = BigInteger.One;
            foreach (ulong prime in primes)
            {
                modulus *= prime;
            }

            if (PlainModulus >= modulus)
            {
                break;
            }

            levels.Add(new SealLevel(ParmsId.Of(Scheme, Degree, primes, PlainModulus), count, modulus));
        }

        return levels.Count > 0
            ? [.. levels]
            : throw new SealFormatException(
                $"The plain modulus {PlainModulus} is not below the product of the primes.");
    }
}
