using System.Security.Cryptography;
using DigitalTwin.Privacy.Keccak;

namespace DigitalTwin.Privacy.Tests.Keccak;

// Goal: our sponge is SHAKE256. Method: FIPS 202's own empty-message vector, then byte equality with the class
// library's one-shot SHAKE256 around every multiple of the block, in message and in output, however the output is
// cut.
public sealed class ShakeStreamTests
{
    [Fact]
    public void The_empty_message_gives_the_published_bytes()
    {
        // NIST CSRC, "Examples with Intermediate Values", SHAKE256_Msg0; Python: hashlib.shake_256(b"").hexdigest(32)
        byte[] output = new byte[32];

        using ShakeStream stream = new([]);
        stream.Fill(output);

        Assert.Equal("46B9DD2B0BA88D13233B3FEB743EEB243FCD52EA62B81B82B50C27646ED5762F", Convert.ToHexString(output));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(ShakeStream.RateBytes - 1)]
    [InlineData(ShakeStream.RateBytes)]
    [InlineData(ShakeStream.RateBytes + 1)]
    [InlineData((2 * ShakeStream.RateBytes) - 1)]
    [InlineData(2 * ShakeStream.RateBytes)]
    [InlineData(1000)]
    public void Every_cut_of_the_output_agrees_with_the_class_library(int messageBytes)
    {
        byte[] message = [.. Enumerable.Range(0, messageBytes).Select(i => unchecked((byte)(i * 7)))];
        byte[] expected = Shake256.HashData(message, 3000);

        foreach (int cut in (int[])[1, 7, 135, 136, 137, 272, 1000, 3000])
        {
            byte[] output = new byte[expected.Length];
            using ShakeStream stream = new(message);
            for (int start = 0; start < output.Length; start += cut)
            {
                stream.Fill(output.AsSpan(start, int.Min(cut, output.Length - start)));
            }

            Assert.Equal(expected, output);
        }
    }

    [Fact]
    public void A_disposed_stream_gives_nothing_more()
    {
        ShakeStream stream = new("seed"u8);
        stream.Dispose();

        // A wiped state would otherwise give the same bytes for every secret.
        Assert.Throws<ObjectDisposedException>(() => stream.Fill(new byte[1]));
    }
}
