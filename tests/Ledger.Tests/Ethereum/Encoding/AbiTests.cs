using System.Numerics;
using DigitalTwin.Ledger.Ethereum.Encoding;

namespace DigitalTwin.Ledger.Tests.Ethereum.Encoding;

// Goal: what a contract says is read in one way only, and hostile bytes cost nothing. Method: the examples of the ABI
// specification, and encodings that are longer, overlapping or lying. 7,821 cases of ethers are in tests/Interop.Tests.
public sealed class AbiTests
{
    // https://docs.soliditylang.org/en/latest/abi-spec.html, "Examples": f(0x123, [0x456, 0x789], "1234567890",
    // "Hello, world!").
    private const string Specified = "8be65246"
        + "0000000000000000000000000000000000000000000000000000000000000123"
        + "0000000000000000000000000000000000000000000000000000000000000080"
        + "3132333435363738393000000000000000000000000000000000000000000000"
        + "00000000000000000000000000000000000000000000000000000000000000e0"
        + "0000000000000000000000000000000000000000000000000000000000000002"
        + "0000000000000000000000000000000000000000000000000000000000000456"
        + "0000000000000000000000000000000000000000000000000000000000000789"
        + "000000000000000000000000000000000000000000000000000000000000000d"
        + "48656c6c6f2c20776f726c642100000000000000000000000000000000000000";

    [Fact]
    public void The_specified_call_is_encoded()
    {
        byte[] call = Abi.Call(
            "f(uint256,uint32[],bytes10,bytes)",
            new BigInteger(0x123),
            (object[])[new BigInteger(0x456), new BigInteger(0x789)],
            "1234567890"u8.ToArray(),
            "Hello, world!"u8.ToArray());

        Assert.Equal(Specified, Convert.ToHexStringLower(call));
    }

    [Theory]
    [InlineData("uint8", "0000000000000000000000000000000000000000000000000000000000000100")]
    [InlineData("int8", "0000000000000000000000000000000000000000000000000000000000000080")]
    [InlineData("bool", "0000000000000000000000000000000000000000000000000000000000000002")]
    [InlineData("address", "0000000000000000000000010000000000000000000000000000000000000000")]
    [InlineData("bytes4", "0000000001000000000000000000000000000000000000000000000000000000")]
    [InlineData("uint8", "00000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("bytes", "00000000000000000000000000000000000000000000000000000000000000ff")]
    public void A_word_that_is_no_value_of_its_type_is_refused(string type, string encoded)
    {
        Assert.Throws<FormatException>(() => Abi.Decode(AbiType.ParseList(type), Convert.FromHexString(encoded)));
    }

    [Fact]
    public void Bytes_behind_the_values_are_refused()
    {
        byte[] one = Abi.Encode(AbiType.ParseList("uint8"), [BigInteger.One]);

        Assert.Throws<FormatException>(() => Abi.Decode(AbiType.ParseList("uint8"), [.. one, .. new byte[32]]));
    }

    [Fact]
    public void An_array_that_claims_more_than_is_there_allocates_nothing()
    {
        byte[] claim = new byte[64];
        claim[31] = 32;
        claim.AsSpan(32).Fill(0x7f);
        long before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<FormatException>(() => Abi.Decode(AbiType.ParseList("uint256[]"), claim));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    [Fact]
    public void Offsets_that_all_point_at_one_array_are_refused()
    {
        // 200 words: 100 offsets to one array of 90 elements would stand for 9,000 values.
        byte[] words = new byte[200 * 32];
        words[31] = 32;
        words[63] = 100;
        for (int i = 0; i < 100; i++)
        {
            words[((2 + i) * 32) + 30] = (byte)(100 * 32 >> 8);
            words[((2 + i) * 32) + 31] = 100 * 32 & 0xff;
        }

        words[(102 * 32) + 31] = 90;
        Assert.Throws<FormatException>(() => Abi.Decode(AbiType.ParseList("uint256[][]"), words));
    }

    [Theory]
    [InlineData("uint7")]
    [InlineData("uint264")]
    [InlineData("uint08")]
    [InlineData("bytes33")]
    [InlineData("bytes0")]
    [InlineData("uint8[0]")]
    [InlineData("()")]
    [InlineData("(uint8")]
    [InlineData("uint8)")]
    [InlineData("fixed128x18")]
    [InlineData("[]")]
    public void Text_that_names_no_type_is_refused(string text)
    {
        Assert.Throws<FormatException>(() => AbiType.Parse(text));
    }

    [Fact]
    public void A_value_that_does_not_fit_its_type_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Abi.Encode(AbiType.ParseList("uint8"), [new BigInteger(256)]));
        Assert.Throws<ArgumentException>(() => Abi.Encode(AbiType.ParseList("int8"), [new BigInteger(128)]));
        Assert.Throws<ArgumentException>(() => Abi.Encode(AbiType.ParseList("bytes4"), [new byte[3]]));
        Assert.Throws<ArgumentException>(() => Abi.Encode(AbiType.ParseList("uint8[2]"), [(object[])[]]));
    }
}
