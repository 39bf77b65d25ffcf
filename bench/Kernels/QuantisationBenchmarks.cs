using System.Numerics;
using BenchmarkDotNet.Attributes;
using DigitalTwin.Privacy.DifferentialPrivacy;
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

/// <summary>
/// The rotation of 2^20 coordinates, and one million parameters as 17-bit slots: 64 hospitals, clip 1, noise 1.
/// </summary>
public class QuantisationEncodingBenchmarks
{
    private const int Count = 1_000_000;

    private static readonly CompactParameters Parameters =
        CompactParameters.ForNoiseMultiplier(Count, 1, 64, 17, multiplier: 1, sharers: 64, fewestSharers: 64);

    private readonly CompactEncoding _encoding = new(Parameters, new byte[RandomisedHadamard.SeedSize]);
    private readonly RandomisedHadamard _rotation = new(new byte[RandomisedHadamard.SeedSize], Count);
    private readonly double[] _rotated = new double[Parameters.PaddedDimension];
    private readonly double[] _values = new double[Count];
    private readonly ulong[] _slots = new ulong[Parameters.PaddedDimension];
    private readonly RandomBits _system = new SystemRandomBits();
    private readonly BigInteger _share = Parameters.ShareVariance(multiplier: 1, fewestSharers: 64);
    private RandomBits _seeded = new SystemRandomBits();

    [GlobalSetup]
    public void Draw()
    {
        _seeded = new SeededRandomBits(new byte[SeededRandomBits.KeySize], nameof(QuantisationEncodingBenchmarks));
        for (int i = 0; i < Count; i++)
        {
            _values[i] = Math.ScaleB(unchecked((long)((ulong)i * 0x9E3779B97F4A7C15)), -73);
            _rotated[i] = _values[i];
        }
    }

    // Forward and back, so that the values stay as they are.
    [Benchmark(OperationsPerInvoke = 2)]
    public void Rotate()
    {
        _rotation.Forward(_rotated);
        _rotation.Inverse(_rotated);
    }

    [Benchmark]
    public void EncodeSystemBits() => _encoding.Encode(_values, _system, _system, BigInteger.Zero, _slots);

    [Benchmark]
    public void EncodeSeededBits() => _encoding.Encode(_values, _seeded, _seeded, BigInteger.Zero, _slots);

    [Benchmark]
    public void EncodeWithNoiseSystemBits() => _encoding.Encode(_values, _system, _system, _share, _slots);

    [Benchmark]
    public void EncodeWithNoiseSeededBits() => _encoding.Encode(_values, _seeded, _seeded, _share, _slots);

    [Benchmark]
    public double[] Decode() => _encoding.Decode(_slots);
}

/// <summary>What each patient's gradient costs: clip, rotation, rounding and sum.</summary>
public class QuantisationPatientBenchmarks : IDisposable
{
    private readonly RandomBits _system = new SystemRandomBits();
    private RandomBits _seeded = new SystemRandomBits();
    private PatientEncoding? _hospital;
    private double[] _gradient = [];

    [Params(16, 1024, 65_536)]
    public int Dimension { get; set; }

    [GlobalSetup]
    public void Draw()
    {
        _seeded = new SeededRandomBits(new byte[SeededRandomBits.KeySize], nameof(QuantisationPatientBenchmarks));
        CompactParameters parameters = new(Dimension, 1, addends: 10_000, slotBits: 40);
        _hospital = new PatientEncoding(new CompactEncoding(parameters, new byte[RandomisedHadamard.SeedSize]));
        _gradient = [.. Enumerable.Range(0, Dimension).Select(i => 1.0 / (i + 1))];
    }

    [GlobalCleanup]
    public void Dispose()
    {
        _hospital?.Dispose();
        GC.SuppressFinalize(this);
    }

    [Benchmark]
    public ClipOutcome SystemBits() => _hospital!.Add(_gradient, _system);

    [Benchmark]
    public ClipOutcome SeededBits() => _hospital!.Add(_gradient, _seeded);
}
