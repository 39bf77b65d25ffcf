using System.Buffers.Binary;
using System.Runtime.Intrinsics.X86;
using System.Security.Cryptography;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: the field of PyCryptodome's secret sharing, the same with and without the processor's instruction. Method: its
// products and inverse as vectors, the laws of a field on drawn elements, and both multiplications side by side.
public sealed class BinaryField128Tests
{
    // PyCryptodome 3.11, e = Cryptodome.Protocol.SecretSharing._Element:
    // (e(bytes(range(16))) * e(bytes(range(240, 256)))).encode().hex()
    // (e(b"\xff" * 16) * e(b"\xff" * 16)).encode().hex()
    [Theory]
    [InlineData("000102030405060708090A0B0C0D0E0F", "F0F1F2F3F4F5F6F7F8F9FAFBFCFDFEFF",
        "003AAEA7EAA3443DD95977C433C09D5E")]
    [InlineData("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF",
        "5555555555555555555555555555402F")]
    public void Products_agree_with_pycryptodome(string left, string right, string product)
    {
        Assert.Equal(Element(product), BinaryField128.Multiply(Element(left), Element(right)));
        Assert.Equal(Element(product), BinaryField128.MultiplyBitByBit(Element(left), Element(right)));
    }

    [Fact]
    public void The_inverse_agrees_with_pycryptodome()
    {
        // e(bytes(range(16))).inverse().encode().hex()
        Assert.Equal(
            Element("E34602E766B5AB9AC98C15DC8168E116"),
            BinaryField128.Inverse(Element("000102030405060708090A0B0C0D0E0F")));
        Assert.Throws<ArgumentOutOfRangeException>(() => BinaryField128.Inverse(0));
    }

    [Fact]
    public void The_instruction_and_the_loop_give_the_same_products()
    {
        Assert.SkipUnless(Pclmulqdq.IsSupported, "needs PCLMULQDQ");
        UInt128[] elements = [0, 1, 2, UInt128.One << 127, UInt128.MaxValue, .. Drawn(200)];
        foreach (UInt128 left in elements)
        {
            foreach (UInt128 right in elements)
            {
                Assert.Equal(
                    BinaryField128.MultiplyBitByBit(left, right),
                    BinaryField128.MultiplyWithInstruction(left, right));
            }
        }
    }

    [Fact]
    public void The_laws_of_a_field_hold()
    {
        UInt128[] elements = Drawn(300);
        for (int i = 0; i + 2 < elements.Length; i++)
        {
            (UInt128 a, UInt128 b, UInt128 c) = (elements[i], elements[i + 1], elements[i + 2]);
            UInt128 product = BinaryField128.Multiply(a, b);

            Assert.Equal(product, BinaryField128.Multiply(b, a));
            Assert.Equal(
                BinaryField128.Multiply(product, c),
                BinaryField128.Multiply(a, BinaryField128.Multiply(b, c)));
            Assert.Equal(
                product ^ BinaryField128.Multiply(a, c),
                BinaryField128.Multiply(a, b ^ c));
            Assert.Equal(UInt128.One, BinaryField128.Multiply(a, BinaryField128.Inverse(a)));
            Assert.Equal(a, BinaryField128.Multiply(a, 1));
        }
    }

    [Fact]
    public void The_first_power_that_is_reduced_is_the_rest_of_the_polynomial()
    {
        // x · x^127 = x^128 = 1 + x + x^2 + x^7.
        Assert.Equal((UInt128)0b1000_0111, BinaryField128.Multiply(2, UInt128.One << 127));
    }

    private static UInt128 Element(string hex) => BinaryPrimitives.ReadUInt128BigEndian(Convert.FromHexString(hex));

    private static UInt128[] Drawn(int count) =>
    [
        .. Enumerable.Range(0, count)
            .Select(i => BinaryPrimitives.ReadUInt128BigEndian(SHA256.HashData(BitConverter.GetBytes(i)))),
    ];
}
