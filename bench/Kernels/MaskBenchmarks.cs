using BenchmarkDotNet.Attributes;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Kernels;

/// <summary>One pairwise mask over one million words.</summary>
[MemoryDiagnoser]
public class MaskBenchmarks
{
    private readonly ulong[] _update = new ulong[1_000_000];
    private readonly byte[] _secret = new byte[PairwiseMask.SecretSize];

    [Benchmark]
    public void PairwiseMaskOfAMillionWords() => PairwiseMask.Apply(_update, _secret, 1, MaskSign.Add);
}
