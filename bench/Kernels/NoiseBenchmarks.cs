using System.Numerics;
using BenchmarkDotNet.Attributes;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Kernels;

/// <summary>Exact discrete Gaussian noise: the time of one draw.</summary>
public class NoiseBenchmarks
{
    private const int Draws = 100_000;

    private readonly long[] _draws = new long[Draws];
    private readonly RandomBits _system = new SystemRandomBits();
    private RandomBits _seeded = new SystemRandomBits();
    private DiscreteGaussian _sampler = new(1);

    [Params(10, 20, 30, 40)]
    public int Log2Sigma { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _sampler = new DiscreteGaussian(BigInteger.One << (2 * Log2Sigma));
        _seeded = new SeededRandomBits(new byte[SeededRandomBits.KeySize], nameof(NoiseBenchmarks));
    }

    [Benchmark(OperationsPerInvoke = Draws)]
    public long Seeded() => Draw(_seeded);

    [Benchmark(OperationsPerInvoke = Draws)]
    public long System() => Draw(_system);

    private long Draw(RandomBits bits)
    {
        _sampler.Fill(_draws, bits);
        return _draws[^1];
    }
}
