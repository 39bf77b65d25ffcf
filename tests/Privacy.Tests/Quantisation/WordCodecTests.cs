using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Privacy.Tests.Quantisation;

// Goal: one encoding of words, the same on every machine. Method: bytes written out by hand, round trip, wrong lengths.
public sealed class WordCodecTests
{
    [Fact]
    public void The_least_significant_byte_comes_first()
    {
        Assert.Equal(
            [8, 7, 6, 5, 4, 3, 2, 1, 255, 255, 255, 255, 255, 255, 255, 255],
            WordCodec.ToBytes([0x0102030405060708, ulong.MaxValue]));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(1000)]
    public void Words_come_back(int count)
    {
        ulong[] words = [.. Enumerable.Range(0, count).Select(i => unchecked((ulong)i * 0x9E3779B97F4A7C15))];

        Assert.Equal(words, WordCodec.FromBytes(WordCodec.ToBytes(words), count));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(15, 2)]
    [InlineData(17, 2)]
    [InlineData(24, 2)]
    [InlineData(8, int.MaxValue)]
    public void Another_length_is_refused_before_memory_is_taken(int bytes, int words)
    {
        Assert.Throws<ArgumentException>(() => WordCodec.FromBytes(new byte[bytes], words));
    }

    [Fact]
    public void A_negative_count_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => WordCodec.FromBytes([], -1));
    }
}
