using System.Numerics;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>A ring Z_q[X]/(X^N + 1): its name, its degree N and the primes of q.</summary>
/// <remarks>
/// A profile exists only if q is small enough for 128-bit security against the best known classical attacks on ternary
/// secrets: log2 q at most the line of Bossuat et al., "Security Guidelines for Implementing Homomorphic Encryption",
/// 2024. <see cref="SealInterop2018"/> is the one exception, for exchanging test data with Microsoft SEAL.
/// </remarks>
internal sealed class RingProfile
{
    // Bossuat et al., IACR ePrint 2024/463: ternary secret, 128 bits, classical.
    private static readonly Dictionary<int, int> Guidelines2024 = new()
    {
        [1024] = 26,
        [2048] = 53,
        [4096] = 106,
        [8192] = 214,
        [16384] = 430,
        [32768] = 868,
    };

    // Homomorphic Encryption Security Standard, 2018, the same column (SEAL's hestdparms.h).
    private static readonly Dictionary<int, int> Standard2018 = new()
    {
        [1024] = 27,
        [2048] = 54,
        [4096] = 109,
        [8192] = 218,
        [16384] = 438,
        [32768] = 881,
    };

    private RingProfile(string name, int degree, ulong[] primes, bool interopOnly, Dictionary<int, int> table)
    {
        if (!table.TryGetValue(degree, out int mostBits))
        {
            throw new ArgumentException($"The security table has no degree {degree}.", nameof(degree));
        }

        if (primes.Length == 0 || primes.Distinct().Count() != primes.Length)
        {
            throw new ArgumentException("A ring has distinct primes, at least one.", nameof(primes));
        }

        Product = primes.Aggregate(BigInteger.One, (product, prime) => product * prime);
        long bits = Product.GetBitLength();
        if (bits > mostBits)
        {
            throw new ArgumentException(
                $"{name}: {bits} bits at degree {degree} are above the line of {mostBits} for 128-bit security.",
                nameof(primes));
        }

        Name = name;
        Degree = degree;
        Primes = primes;
        InteropOnly = interopOnly;
    }

    /// <summary>N = 8192, q of 214 bits: the ring of the native transport.</summary>
    /// <remarks>
    /// Five primes of at most 43 bits rather than four of 54: the double-precision kernels transform more bits of
    /// modulus in the same time, a tenth more with 8 lanes and twice as many with 4. Measured in
    /// bench/Kernels/RingBenchmarks.cs.
    /// </remarks>
    internal static RingProfile Native8192 { get; } = Checked(
        "rlwe-8192-214",
        8192,
        [.. Modulus.LargestPrimes(43, 8192, 4), .. Modulus.LargestPrimes(42, 8192, 1)]);

    internal string Name { get; }

    /// <summary>N, a power of two.</summary>
    internal int Degree { get; }

    /// <summary>The primes of q, each 1 mod 2N.</summary>
    internal IReadOnlyList<ulong> Primes { get; }

    /// <summary>q.</summary>
    internal BigInteger Product { get; }

    /// <summary>Whether the profile is above the line and serves tests with another implementation only.</summary>
    internal bool InteropOnly { get; }

    /// <summary>A profile that the 2024 guidelines allow.</summary>
    /// <exception cref="ArgumentException">q is above the line, or the degree is not in the table.</exception>
    internal static RingProfile Checked(string name, int degree, ulong[] primes) =>
        new(name, degree, primes, interopOnly: false, Guidelines2024);

    /// <summary>
    /// A profile of Microsoft SEAL's defaults, up to 13 bits above the 2024 line: nothing of a hospital is encrypted
    /// with it, and <see cref="ThresholdParameters"/> cannot be made of it.
    /// </summary>
    /// <exception cref="ArgumentException">q is above the 2018 line, or the degree is not in the table.</exception>
    internal static RingProfile SealInterop2018(int degree, ulong[] primes) =>
        new(nameof(SealInterop2018), degree, primes, interopOnly: true, Standard2018);
}
