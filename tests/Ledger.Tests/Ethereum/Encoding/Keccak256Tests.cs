using DigitalTwin.Ledger.Ethereum.Encoding;

namespace DigitalTwin.Ledger.Tests.Ethereum.Encoding;

// 516 more cases, up to some hundred bytes, are in tests/Interop.Tests.
public sealed class Keccak256Tests
{
    // npm @ethersproject/keccak256 5.8.0, keccak256("0x" + "61".repeat(n)): nothing, and the lengths around a
    // block of 136 bytes.
    [Theory]
    [InlineData(0, "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470")]
    [InlineData(135, "34367dc248bbd832f4e3e69dfaac2f92638bd0bbd18f2912ba4ef454919cf446")]
    [InlineData(136, "a6c4d403279fe3e0af03729caada8374b5ca54d8065329a3ebcaeb4b60aa386e")]
    [InlineData(137, "d869f639c7046b4929fc92a4d988a8b22c55fbadb802c0c66ebcd484f1915f39")]
    public void A_message_of_a_has_the_known_digest(int length, string digest)
    {
        byte[] message = new byte[length];
        message.AsSpan().Fill((byte)'a');

        Assert.Equal(digest, Convert.ToHexStringLower(Keccak256.HashData(message)));
    }
}
