using BenchmarkDotNet.Attributes;
using DigitalTwin.Privacy.HomomorphicEncryption;

namespace DigitalTwin.Kernels;

/// <summary>One negacyclic transform of one prime, on each path of the processor.</summary>
/// <remarks>
/// What decides the size of the primes is bits of modulus per microsecond at N = 8192: 54 bits in 64-bit words against
/// 43 in double precision. On an EPYC of the Zen 5 kind, best of 200 runs: 15.2 against 11.2 µs with AVX-512 (3.6 and
/// 3.8 bits a microsecond), 47 against 18 µs with AVX2 (1.1 and 2.4). Primes of 31 bits were not built: seven of them
/// instead of five need about as many instructions in all.
/// </remarks>
public class RingBenchmarks
{
    private readonly NttTables _sixtyBits = new(4096, 1152921504606830593);
    private readonly NttTables _fiftyFourBits = new(8192, Modulus.LargestPrimes(54, 8192, 1)[0]);
    private readonly NttTables _fortyThreeBits = new(8192, Modulus.LargestPrimes(43, 8192, 1)[0]);
    private readonly ulong[] _small = [.. Enumerable.Range(0, 4096).Select(i => (ulong)i)];
    private readonly ulong[] _large = [.. Enumerable.Range(0, 8192).Select(i => (ulong)i)];

    [Benchmark]
    public void SixtyBits4096Scalar() => _sixtyBits.Forward(_small, NttPath.Scalar);

    [Benchmark]
    public void SixtyBits4096Avx2() => _sixtyBits.Forward(_small, NttPath.Avx2);

    [Benchmark]
    public void SixtyBits4096Avx512() => _sixtyBits.Forward(_small, NttPath.Avx512);

    [Benchmark]
    public void FiftyFourBits8192Scalar() => _fiftyFourBits.Forward(_large, NttPath.Scalar);

    [Benchmark]
    public void FiftyFourBits8192Avx2() => _fiftyFourBits.Forward(_large, NttPath.Avx2);

    [Benchmark]
    public void FiftyFourBits8192Avx512() => _fiftyFourBits.Forward(_large, NttPath.Avx512);

    [Benchmark]
    public void FortyThreeBits8192FusedAvx2() => _fortyThreeBits.Forward(_large, NttPath.FusedAvx2);

    [Benchmark]
    public void FortyThreeBits8192FusedAvx512() => _fortyThreeBits.Forward(_large, NttPath.FusedAvx512);

    [Benchmark]
    public void FortyThreeBits8192FusedAvx512Inverse() => _fortyThreeBits.Inverse(_large, NttPath.FusedAvx512);
}
