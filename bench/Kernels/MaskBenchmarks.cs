using BenchmarkDotNet.Attributes;

namespace DigitalTwin.Kernels;

/// <summary>Masking one update at a node: 24-bit slots, one mask of its own and one for every other node.</summary>
/// <remarks>One thread; key agreement with all others is within the time.</remarks>
[MemoryDiagnoser]
public class MaskBenchmarks
{
    private const int SlotBits = 24;

    private BenchmarkRound _round = null!;
    private ulong[] _update = [];

    [Params(4, 16, 64, 128)]
    public int Nodes { get; set; }

    [Params(10_000, 100_000, 1_000_000, 10_000_000)]
    public int Slots { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _round = new BenchmarkRound(Nodes);
        _update = new ulong[Slots];
    }

    // Secrets mask once, so every iteration has its own.
    [IterationSetup]
    public void Renew() => _round.Renew();

    [GlobalCleanup]
    public void End() => _round.End();

    [Benchmark]
    public void Mask() => _round.Renewed.Mask(_update, SlotBits, _round.RenewedContext, _round.RenewedContext.Cohort);
}
