using BenchmarkDotNet.Attributes;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Kernels;

/// <summary>Unmasking a sum at the coordinator: 24-bit slots, nobody lost or a quarter of the nodes.</summary>
/// <remarks>One thread; checks of all shares, reconstruction and key agreement are within the time.</remarks>
[MemoryDiagnoser]
public class UnmaskingBenchmarks
{
    private const int SlotBits = 24;

    private BenchmarkRound _round = null!;
    private ulong[] _sum = [];
    private string[] _survivors = [];
    private Dictionary<string, byte[]> _revealed = [];

    [Params(4, 16, 64, 128)]
    public int Nodes { get; set; }

    [Params(10_000, 1_000_000)]
    public int Slots { get; set; }

    [Params(false, true)]
    public bool QuarterLost { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        _round = new BenchmarkRound(Nodes);
        _sum = new ulong[Slots];
        _survivors = [.. _round.Context.Cohort.Skip(QuarterLost ? Nodes / 4 : 0)];
        _revealed = _round.Reveal(_survivors);
    }

    [GlobalCleanup]
    public void End() => _round.End();

    [Benchmark]
    public void Remove() =>
        Unmasking.Remove(_sum, SlotBits, _round.Context, _round.Bundles, _survivors, _revealed);
}
