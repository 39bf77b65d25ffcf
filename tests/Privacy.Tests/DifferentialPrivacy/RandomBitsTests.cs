using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy;

// Goal: uniform integers without bias, and seeded bits that only key and purpose decide. Method: bytes from an
// independent SHAKE256, bounds at every word size, counts of all values of small bounds.
public sealed class RandomBitsTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, SeededRandomBits.KeySize).Select(i => (byte)i)];

    [Fact]
    public void Seeded_bits_agree_with_an_independent_shake256()
    {
        // Python: shake_256(b"DigitalTwin/dp/random-bits/v1" + pack("<I", 6) + b"vector" + bytes(range(32))).digest(8)
        using SeededRandomBits bits = new(Key, "vector");

        Assert.Equal(13926390012863449642ul, bits.NextUInt64());
    }

    // The key k is shake_256(b"DigitalTwin/dp/random-bits/v1" + pack("<I", 17) + b"aes-256-ctr/run 7" +
    // bytes(range(32))).digest(32) by Python's hashlib, the stream head -c 70000 /dev/zero | openssl enc -aes-256-ctr
    // -K $k -iv 00000000000000000000000000000000: its first 24 bytes and its last 16, the latter after reads of sizes
    // that do not divide a block.
    [Fact]
    public void Counter_bits_agree_with_openssl()
    {
        using CounterRandomBits bits = new(Key, "run 7");
        byte[] first = new byte[24];
        byte[] last = new byte[16];

        bits.Fill(first);
        bits.Fill(new byte[5]);
        bits.Fill(new byte[9_003]);
        bits.Fill(new byte[70_000 - 24 - 5 - 9_003 - 16]);
        bits.Fill(last);

        Assert.Equal("DD89393FCBD1E170E8DC2BCA0EB1C7996AECA34B8B7F6705", Convert.ToHexString(first));
        Assert.Equal("E40888780B6C571F5E0AE433A8CD254B", Convert.ToHexString(last));
    }

    [Fact]
    public void Key_and_purpose_separate_streams()
    {
        byte[] otherKey = SHA256.HashData(Key);
        ulong[] firstWords =
        [
            FirstWord(Key, "vector"),
            FirstWord(Key, "vector2"),
            FirstWord(Key, "Vector"),
            FirstWord(otherKey, "vector"),
        ];

        Assert.Distinct(firstWords);
        Assert.Equal(firstWords[0], FirstWord(Key, "vector"));
    }

    [Theory]
    [InlineData(31)]
    [InlineData(33)]
    public void A_key_of_another_size_is_refused(int size)
    {
        Assert.Throws<ArgumentException>(() => new SeededRandomBits(new byte[size], "purpose"));
    }

    [Fact]
    public void A_purpose_is_required()
    {
        Assert.Throws<ArgumentException>(() => new SeededRandomBits(Key, ""));
    }

    [Theory]
    [InlineData("1")]
    [InlineData("2")]
    [InlineData("255")]
    [InlineData("256")]
    [InlineData("257")]
    [InlineData("9223372036854775809")]
    [InlineData("18446744073709551615")]
    [InlineData("18446744073709551616")]
    [InlineData("18446744073709551617")]
    [InlineData("340282366920938463463374607431768211456")]
    public void Draws_stay_below_their_bound_and_reach_its_upper_half(string text)
    {
        BigInteger bound = BigInteger.Parse(text, null);
        using SeededRandomBits bits = new(Key, text);
        BigInteger largest = 0;
        for (int i = 0; i < 200; i++)
        {
            BigInteger draw = bits.Below(bound);
            Assert.InRange(draw, BigInteger.Zero, bound - 1);
            largest = BigInteger.Max(largest, draw);
        }

        // Fails for a uniform source once in 2^200.
        Assert.True(largest >= bound / 2);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(6)]
    [InlineData(100)]
    [InlineData(257)]
    public void Every_value_is_equally_likely(int bound)
    {
        const int PerValue = 1000;
        using SeededRandomBits bits = new(Key, "uniform");
        int[] counts = new int[bound];
        for (int i = 0; i < bound * PerValue; i++)
        {
            counts[(int)bits.Below((ulong)bound)]++;
        }

        // χ² with bound − 1 degrees of freedom; 4.5 standard deviations above its mean is exceeded with probability
        // below 1e-4 for each bound, and the seed is fixed.
        double chiSquared = counts.Sum(count => (double)(count - PerValue) * (count - PerValue) / PerValue);
        Assert.InRange(chiSquared, 0, bound - 1 + (4.5 * Math.Sqrt(2.0 * (bound - 1))) + 6);
    }

    [Fact]
    public void Both_integer_sizes_read_the_same_bytes()
    {
        using SeededRandomBits words = new(Key, "sizes");
        using SeededRandomBits integers = new(Key, "sizes");
        foreach (ulong bound in (ulong[])[1, 7, 256, 65537, 1ul << 40, ulong.MaxValue])
        {
            Assert.Equal(words.Below(bound), (ulong)integers.Below((BigInteger)bound));
        }

        Assert.Equal(words.NextUInt64(), integers.NextUInt64());
    }

    [Fact]
    public void No_integer_is_below_zero()
    {
        using SeededRandomBits bits = new(Key, "zero");

        Assert.Throws<ArgumentOutOfRangeException>(() => bits.Below(0ul));
        Assert.Throws<ArgumentOutOfRangeException>(() => bits.Below(BigInteger.Zero));
        Assert.Throws<ArgumentOutOfRangeException>(() => bits.Below(BigInteger.MinusOne));
    }

    [Fact]
    public void The_systems_bits_do_not_repeat_across_blocks_or_instances()
    {
        SystemRandomBits first = new();
        SystemRandomBits second = new();
        byte[] odd = new byte[1021];
        first.Fill(odd);
        second.Fill(new byte[4096]);

        // 2000 words collide by chance once in 2^43.
        Assert.Distinct(Enumerable.Range(0, 2000).Select(i => (i % 2 == 0 ? first : second).NextUInt64()));
        Assert.Contains(odd, value => value != 0);
    }

    private static ulong FirstWord(byte[] key, string purpose)
    {
        using SeededRandomBits bits = new(key, purpose);
        return bits.NextUInt64();
    }
}
