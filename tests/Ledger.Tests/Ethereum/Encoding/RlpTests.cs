using System.Numerics;
using DigitalTwin.Ledger.Ethereum.Encoding;

namespace DigitalTwin.Ledger.Tests.Ethereum.Encoding;

// Goal: one item has one encoding. Method: the examples of the Ethereum documentation, and every way to write a length
// or a number longer than it must be. All 61 cases of ethers are in tests/Interop.Tests.
public sealed class RlpTests
{
    // https://ethereum.org/developers/docs/data-structures-and-encoding/rlp, "Examples".
    [Theory]
    [InlineData("646f67", "83646f67")]
    [InlineData("", "80")]
    [InlineData("00", "00")]
    [InlineData("0f", "0f")]
    [InlineData("0400", "820400")]
    public void A_byte_string_has_the_documented_encoding(string bytes, string encoded)
    {
        Assert.Equal(encoded, Convert.ToHexStringLower(RlpItem.Of(Convert.FromHexString(bytes)).Encode()));
        Assert.Equal(bytes, Convert.ToHexStringLower(RlpItem.Decode(Convert.FromHexString(encoded)).Bytes));
    }

    [Fact]
    public void Nested_lists_have_the_documented_encoding()
    {
        RlpItem empty = RlpItem.List();
        RlpItem two = RlpItem.List(empty, RlpItem.List(empty), RlpItem.List(empty, RlpItem.List(empty)));

        Assert.Equal("c7c0c1c0c3c0c1c0", Convert.ToHexStringLower(two.Encode()));
    }

    [Theory]
    [InlineData("", "nothing")]
    [InlineData("8100", "a byte below 128 with a prefix")]
    [InlineData("83646f", "cut off")]
    [InlineData("83646f6767", "a byte behind it")]
    [InlineData("b800", "the long form of a short length")]
    [InlineData("b90037", "a length with a leading zero")]
    [InlineData("bb7fffffff", "a length beyond the bytes")]
    [InlineData("bf7fffffffffffffff00", "a length beyond any message")]
    [InlineData("c483646f", "a list that is cut off")]
    [InlineData("c28364", "an item that leaves its list")]
    [InlineData("f800", "the long form of a short list")]
    public void Any_other_encoding_is_refused(string encoded, string because)
    {
        Assert.ThrowsAny<FormatException>(() => RlpItem.Decode(Convert.FromHexString(encoded)));
        Assert.NotEmpty(because);
    }

    [Fact]
    public void Lists_in_lists_without_end_are_refused()
    {
        RlpItem item = RlpItem.List();
        for (int depth = 1; depth < RlpItem.MaxDepth; depth++)
        {
            item = RlpItem.List(item);
        }

        Assert.True(RlpItem.Decode(item.Encode()).IsList);
        Assert.Throws<FormatException>(() => RlpItem.Decode(RlpItem.List(item).Encode()));
    }

    [Fact]
    public void A_number_with_a_leading_zero_is_none()
    {
        Assert.Equal(1024, RlpItem.Of(new BigInteger(1024)).ToNumber());
        Assert.Equal(0, RlpItem.Of(BigInteger.Zero).ToNumber());
        Assert.Throws<FormatException>(() => RlpItem.Of([0, 1]).ToNumber());
        Assert.Throws<FormatException>(() => RlpItem.Of(new byte[33]).ToNumber());
    }
}
