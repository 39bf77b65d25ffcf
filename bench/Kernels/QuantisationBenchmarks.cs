using BenchmarkDotNet.Attributes;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Kernels;

/// <summary>One million slots to bytes and back.</summary>
[MemoryDiagnoser]
public class QuantisationSlotBenchmarks
{
    private const int Count = 1_000_000;

    private readonly ulong[] _slots = new ulong[Count];
    private byte[] _bytes = [];

    [Params(17, 24, 32, 64)]
    public int SlotBits { get; set; }

    [GlobalSetup]
    public void Draw()
    {
        for (int i = 0; i < Count; i++)
        {
            _slots[i] = unchecked((ulong)i * 0x9E3779B97F4A7C15) >> (64 - SlotBits);
        }

        _bytes = SlotCodec.Pack(_slots, SlotBits);
    }

    [Benchmark]
    public byte[] Pack() => SlotCodec.Pack(_slots, SlotBits);

    [Benchmark]
    public ulong[] Unpack() => SlotCodec.Unpack(_bytes, Count, SlotBits);
}
