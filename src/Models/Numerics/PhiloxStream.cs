using System.Diagnostics.CodeAnalysis;

namespace DigitalTwin.Models.Numerics;

/// <summary>
/// A reproducible stream of random numbers: equal seed and stream number, equal numbers, on every machine.
/// </summary>
/// <remarks>
/// Philox4x32-10 of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. Block i of a
/// stream is a bijection of the counter (i, stream) under the key (seed), so two streams of one seed never share a
/// block. It is no cipher: shuffles and initial weights come from here, secrets and privacy noise never.
/// </remarks>
[SuppressMessage("Naming", "CA1711", Justification = "A stream of random numbers is the paper's noun; no bytes.")]
public sealed class PhiloxStream(ulong seed, ulong stream)
{
    private const int Rounds = 10;
    private const int WordsPerBlock = 4;

    // Multipliers and Weyl increments of the paper: the golden ratio and sqrt(3) - 1, in units of 2^-32.
    private const uint Multiplier0 = 0xD2511F53;
    private const uint Multiplier1 = 0xCD9E8D57;
    private const uint Weyl0 = 0x9E3779B9;
    private const uint Weyl1 = 0xBB67AE85;

    private const double TwoToTheMinus53 = 1.0 / (1L << 53);

    private readonly uint[] _words = new uint[WordsPerBlock];
    private ulong _block;
    private int _used = WordsPerBlock;
    private double? _spareNormal;

    /// <summary>32 uniform bits.</summary>
    public uint NextUInt32()
    {
        if (_used == WordsPerBlock)
        {
            (_words[0], _words[1]) = (LowWord(_block), HighWord(_block));
            (_words[2], _words[3]) = (LowWord(stream), HighWord(stream));
            Encrypt(_words, LowWord(seed), HighWord(seed));
            _block++;
            _used = 0;
        }

        return _words[_used++];
    }

    /// <summary>64 uniform bits; the first word is the low one.</summary>
    public ulong NextUInt64()
    {
        ulong low = NextUInt32();
        return low | ((ulong)NextUInt32() << 32);
    }

    /// <summary>A multiple of 2^−53, uniform in [0, 1).</summary>
    public double NextUnit() => (NextUInt64() >> 11) * TwoToTheMinus53;

    /// <summary>Uniform in [0, <paramref name="bound"/>), without the bias of a remainder.</summary>
    /// <remarks>Lemire, "Fast random integer generation in an interval", ACM TOMACS 29(1), 2019.</remarks>
    public int NextBelow(int bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        uint range = (uint)bound;
        uint biased = unchecked(0u - range) % range;
        ulong product = (ulong)NextUInt32() * range;
        while (LowWord(product) < biased)
        {
            product = (ulong)NextUInt32() * range;
        }

        return (int)HighWord(product);
    }

    /// <summary>Normal with mean 0 and standard deviation 1, for experiments; never for privacy.</summary>
    /// <remarks>The polar method of Marsaglia and Bray 1964: a logarithm and a root, and no cosine.</remarks>
    public double NextNormal()
    {
        if (_spareNormal is double spare)
        {
            _spareNormal = null;
            return spare;
        }

        double u;
        double v;
        double radius;
        do
        {
            u = (2 * NextUnit()) - 1;
            v = (2 * NextUnit()) - 1;
            radius = (u * u) + (v * v);
        }
        while (radius >= 1 || radius == 0);

        double scale = Math.Sqrt(-2 * DeterministicMath.Log(radius) / radius);
        _spareNormal = v * scale;
        return u * scale;
    }

    /// <summary>Permutes <paramref name="values"/> in place, every order equally likely (Fisher and Yates).</summary>
    public void Shuffle(Span<int> values)
    {
        for (int last = values.Length - 1; last > 0; last--)
        {
            int chosen = NextBelow(last + 1);
            (values[last], values[chosen]) = (values[chosen], values[last]);
        }
    }

    /// <summary>Philox4x32-10: turns the four counter words into four random ones, in place.</summary>
    internal static void Encrypt(Span<uint> words, uint key0, uint key1)
    {
        for (int round = 0; round < Rounds; round++)
        {
            ulong product0 = (ulong)Multiplier0 * words[0];
            ulong product1 = (ulong)Multiplier1 * words[2];
            words[0] = HighWord(product1) ^ words[1] ^ key0;
            words[1] = LowWord(product1);
            words[2] = HighWord(product0) ^ words[3] ^ key1;
            words[3] = LowWord(product0);
            key0 = unchecked(key0 + Weyl0);
            key1 = unchecked(key1 + Weyl1);
        }
    }

    private static uint LowWord(ulong value) => unchecked((uint)value);

    private static uint HighWord(ulong value) => (uint)(value >> 32);
}
