using System.Numerics;

namespace DigitalTwin.Models.Tests.Numerics;

/// <summary>
/// Elementary functions on integers scaled by 2^400: an independent and far more exact reference for doubles.
/// </summary>
/// <remarks>Series only: e^r by Taylor, ln m = 2 artanh((m − 1) / (m + 1)). Truncation leaves more than 250 right
/// bits.</remarks>
internal static class FixedPoint
{
    private const int Bits = 400;

    private static readonly BigInteger One = BigInteger.One << Bits;
    private static readonly BigInteger Ln2 = TwiceArtanh(One / 3);

    public static BigInteger Of(double value)
    {
        (BigInteger significand, int exponent) = Split(value);
        return Shift(significand, exponent + Bits);
    }

    public static BigInteger Exp(BigInteger x)
    {
        int k = (int)BigInteger.Divide(x, Ln2);
        BigInteger r = x - (k * Ln2);
        BigInteger term = One;
        BigInteger sum = One;
        for (int n = 1; !term.IsZero; n++)
        {
            term = ((term * r) >> Bits) / n;
            sum += term;
        }

        return Shift(sum, k);
    }

    public static BigInteger Log(BigInteger x)
    {
        int k = (int)x.GetBitLength() - 1 - Bits;
        BigInteger m = Shift(x, -k);
        return (k * Ln2) + TwiceArtanh(Divide(m - One, m + One));
    }

    public static BigInteger Log1p(BigInteger x) => Log(One + x);

    public static BigInteger Sigmoid(BigInteger x) => Divide(One, One + Exp(-x));

    public static BigInteger Tanh(BigInteger x) => Divide(Exp(2 * x) - One, Exp(2 * x) + One);

    /// <summary>How many units in the last place lie between <paramref name="value"/> and the exact number.</summary>
    public static double UlpsBetween(double value, BigInteger exact)
    {
        const int Fraction = 64;
        (BigInteger significand, int exponent) = Split(value);
        BigInteger difference = (significand << Fraction) - Shift(exact, Fraction - exponent - Bits);
        return Math.Abs((double)difference / Math.Pow(2, Fraction));
    }

    private static BigInteger TwiceArtanh(BigInteger s)
    {
        BigInteger square = (s * s) >> Bits;
        BigInteger power = s;
        BigInteger sum = BigInteger.Zero;
        for (int n = 1; !power.IsZero && power != BigInteger.MinusOne; n += 2)
        {
            sum += power / n;
            power = (power * square) >> Bits;
        }

        return 2 * sum;
    }

    private static BigInteger Divide(BigInteger numerator, BigInteger denominator) =>
        (numerator << Bits) / denominator;

    private static BigInteger Shift(BigInteger value, int left) => left >= 0 ? value << left : value >> -left;

    private static (BigInteger Significand, int Exponent) Split(double value)
    {
        long bits = BitConverter.DoubleToInt64Bits(value);
        int biased = (int)((bits >> 52) & 0x7FF);
        BigInteger significand = (bits & ((1L << 52) - 1)) | (biased == 0 ? 0 : 1L << 52);
        return (value < 0 ? -significand : significand, Math.Max(biased, 1) - 1075);
    }
}
