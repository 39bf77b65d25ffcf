using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>GF(2^128) as binary polynomials modulo 1 + x + x^2 + x^7 + x^128; bit i of a number is x^i.</summary>
/// <remarks>
/// The field of PyCryptodome's Crypto.Protocol.SecretSharing. Addition is exclusive or. No branch and no address
/// depends on an operand, with and without the carry-less multiplication of the processor.
/// </remarks>
internal static class BinaryField128
{
    internal static UInt128 Multiply(UInt128 left, UInt128 right) =>
        Pclmulqdq.IsSupported ? MultiplyWithInstruction(left, right) : MultiplyBitByBit(left, right);

    /// <summary>By PCLMULQDQ, whose time does not depend on its operands.</summary>
    internal static UInt128 MultiplyWithInstruction(UInt128 left, UInt128 right)
    {
        Vector128<ulong> a = Vector128.Create((ulong)(left & ulong.MaxValue), (ulong)(left >> 64));
        Vector128<ulong> b = Vector128.Create((ulong)(right & ulong.MaxValue), (ulong)(right >> 64));
        Vector128<ulong> low = Pclmulqdq.CarrylessMultiply(a, b, 0x00);
        Vector128<ulong> high = Pclmulqdq.CarrylessMultiply(a, b, 0x11);
        Vector128<ulong> middle =
            Pclmulqdq.CarrylessMultiply(a, b, 0x01) ^ Pclmulqdq.CarrylessMultiply(a, b, 0x10);
        return Reduce(
            new UInt128(high[1], high[0] ^ middle[1]),
            new UInt128(low[1] ^ middle[0], low[0]));
    }

    /// <summary>The same product where the processor has no such instruction.</summary>
    internal static UInt128 MultiplyBitByBit(UInt128 left, UInt128 right)
    {
        UInt128 high = 0;
        UInt128 low = 0;
        for (int bit = 127; bit >= 0; bit--)
        {
            high = (high << 1) | (low >> 127);
            low <<= 1;

            // All ones where the bit is set: a mask, not a branch.
            low ^= left & unchecked(UInt128.Zero - ((right >> bit) & 1));
        }

        return Reduce(high, low);
    }

    /// <summary>The x with x · <paramref name="element"/> = 1, by Fermat: x = element^(2^128 − 2).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Zero has no inverse.</exception>
    internal static UInt128 Inverse(UInt128 element)
    {
        ArgumentOutOfRangeException.ThrowIfZero(element);

        // 2^128 − 2 is 127 ones and a zero in binary.
        UInt128 inverse = 1;
        UInt128 power = element;
        for (int bit = 1; bit < 128; bit++)
        {
            power = Multiply(power, power);
            inverse = Multiply(inverse, power);
        }

        return inverse;
    }

    // x^128 = 1 + x + x^2 + x^7, so the upper half comes down at four places, and the up to seven bits that this pushes
    // over the top once more.
    private static UInt128 Reduce(UInt128 high, UInt128 low)
    {
        UInt128 over = (high >> 127) ^ (high >> 126) ^ (high >> 121);
        low ^= high ^ (high << 1) ^ (high << 2) ^ (high << 7);
        return low ^ over ^ (over << 1) ^ (over << 2) ^ (over << 7);
    }
}
