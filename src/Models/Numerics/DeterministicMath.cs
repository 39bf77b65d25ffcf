namespace DigitalTwin.Models.Numerics;

/// <summary>The elementary functions of training, with the same bits on every processor.</summary>
/// <remarks>
/// <para>
/// <see cref="Math"/> calls the C library of the machine, whose exp and log differ in the last bit between processors
/// and versions. A node must be able to recompute its own update exactly, so these use only additions, subtractions,
/// multiplications, divisions and the bits of the exponent, which IEEE 754 fixes. The runtime never contracts a product
/// and a sum into one rounding unless asked to.
/// </para>
/// <para>
/// Exp, Log and Log1p follow fdlibm 5.3 (Sun Microsystems 1993, e_exp.c, e_log.c, s_log1p.c): argument reduction by
/// ln 2 in two parts and a minimax polynomial; the stated error is below 1 ulp. Tanh follows Cephes 2.8 (tanh.c, after
/// Cody and Waite 1980). Largest errors seen in the tests, against arithmetic of 400 bits: Exp 0.83, Log 0.75, Log1p
/// 0.77, Tanh 1.2, Sigmoid 1.9 ulp; the tests hold all of them to 2.
/// </para>
/// </remarks>
public static class DeterministicMath
{
    // ln 2 = Ln2High + Ln2Low; the last 32 bits of Ln2High are zero, so a small integer times Ln2High is exact.
    private const double Ln2High = 6.93147180369123816490e-01;
    private const double Ln2Low = 1.90821492927058770002e-10;
    private const double InverseLn2 = 1.44269504088896338700e+00;

    // Exp overflows above 1024 ln 2 and is below half of the smallest number under -1075 ln 2.
    private const double ExpOverflow = 7.09782712893383973096e+02;
    private const double ExpUnderflow = -7.45133219101941108420e+02;

    private const double SquareRootOfTwo = 1.41421356237309504880;
    private const double TwoToThe54 = 18014398509481984.0;
    private const double TwoToTheMinus1000 = 9.33263618503218878990e-302;
    private const double SmallestNormal = 2.2250738585072014e-308;
    private const int ExponentBias = 1023;
    private const int MantissaBits = 52;

    /// <summary>e^x; 0 below the smallest number, +∞ above the largest, NaN for NaN.</summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x))
        {
            return x;
        }

        if (x > ExpOverflow)
        {
            return double.PositiveInfinity;
        }

        if (x < ExpUnderflow)
        {
            return 0;
        }

        // x = k ln 2 + r with |r| <= ln 2 / 2, and r = high - low keeps the bits that one double would lose.
        int k = (int)((InverseLn2 * x) + (x < 0 ? -0.5 : 0.5));
        double high = x - (k * Ln2High);
        double low = k * Ln2Low;
        double r = high - low;

        // e^r = 1 + r + r c / (2 - c), c = r - (P1 r^2 + ... + P5 r^10): the Remez fit of r coth(r/2) in fdlibm.
        double t = r * r;
        double c = r - (t * (1.66666666666666019037e-01 + (t * (-2.77777777770155933842e-03
            + (t * (6.61375632143793436117e-05 + (t * (-1.65339022054652515390e-06
            + (t * 4.13813679705723846039e-08)))))))));
        double y = 1 - (low - (r * c / (2 - c)) - high);

        // A result below the normal numbers is scaled in two steps, so that it is rounded once.
        return k >= -1021 ? ScaleByPowerOfTwo(y, k) : ScaleByPowerOfTwo(y, k + 1000) * TwoToTheMinus1000;
    }

    /// <summary>The natural logarithm; −∞ at 0, NaN below 0.</summary>
    public static double Log(double x)
    {
        if (double.IsNaN(x) || x < 0)
        {
            return double.NaN;
        }

        if (x == 0)
        {
            return double.NegativeInfinity;
        }

        if (double.IsPositiveInfinity(x))
        {
            return x;
        }

        bool subnormal = x < SmallestNormal;
        (double significand, int k) = Split(subnormal ? x * TwoToThe54 : x);
        return LogOfSplit(significand - 1, subnormal ? k - 54 : k, correction: 0);
    }

    /// <summary>ln(1 + x), exact to the last bits also where 1 + x would lose x; −∞ at −1, NaN below.</summary>
    public static double Log1p(double x)
    {
        if (double.IsNaN(x) || x < -1)
        {
            return double.NaN;
        }

        if (x == -1)
        {
            return double.NegativeInfinity;
        }

        if (double.IsPositiveInfinity(x))
        {
            return x;
        }

        // Between sqrt(1/2) and sqrt(2) nothing need be reduced, and x itself is the argument of the kernel.
        if (x > (SquareRootOfTwo / 2) - 1 && x < SquareRootOfTwo - 1)
        {
            return LogOfSplit(x, 0, correction: 0);
        }

        // What rounding 1 + x has lost comes back to first order: ln(u + c) = ln u + c / u.
        double u = 1 + x;
        double lost = u >= 2 ? 1 - (u - x) : x - (u - 1);
        (double significand, int k) = Split(u);
        return LogOfSplit(significand - 1, k, lost / u);
    }

    /// <summary>1 / (1 + e^−x), without overflow at either end.</summary>
    public static double Sigmoid(double x)
    {
        if (x >= 0)
        {
            return 1 / (1 + Exp(-x));
        }

        double e = Exp(x);
        return e / (1 + e);
    }

    /// <summary>The hyperbolic tangent.</summary>
    public static double Tanh(double x)
    {
        double magnitude = Math.Abs(x);
        if (magnitude >= 0.625)
        {
            double tail = 1 - (2 / (Exp(2 * magnitude) + 1));
            return x < 0 ? -tail : tail;
        }

        // Cephes: tanh x = x + x s P(s) / Q(s) with s = x^2.
        double s = x * x;
        double p = (((-9.64399179425052238628e-1 * s) - 9.92877231001918586564e1) * s) - 1.61468768441708447952e3;
        double q = ((((s + 1.12811678491632931402e2) * s) + 2.23548839060100448583e3) * s) + 4.84406305325125486048e3;
        return x + (x * s * (p / q));
    }

    /// <summary>
    /// The negative log-likelihood −y ln p − (1 − y) ln(1 − p) of p = Sigmoid(<paramref name="margin"/>).
    /// </summary>
    /// <remarks>Written as max(m, 0) − y m + ln(1 + e^−|m|): every term is finite for every finite margin.</remarks>
    public static double LogLoss(double margin, double label) =>
        Math.Max(margin, 0) - (label * margin) + Log1p(Exp(-Math.Abs(margin)));

    /// <summary>ln(2^k (1 + f)) + correction for |f| below about sqrt(2) − 1.</summary>
    private static double LogOfSplit(double f, int k, double correction)
    {
        // ln(1 + f) = f - f^2/2 + s (f^2/2 + R(s^2)), s = f / (2 + f); R is the minimax fit of fdlibm,
        // within 2^-58.45.
        double halfSquare = 0.5 * f * f;
        double s = f / (2 + f);
        double z = s * s;
        double r = z * (6.666666666666735130e-01 + (z * (3.999999999940941908e-01
            + (z * (2.857142874366239149e-01 + (z * (2.222219843214978396e-01
            + (z * (1.818357216161805012e-01 + (z * (1.531383769920937332e-01
            + (z * 1.479819860511658591e-01))))))))))));
        return k == 0
            ? f - (halfSquare - (s * (halfSquare + r))) + correction
            : (k * Ln2High) - (halfSquare - ((s * (halfSquare + r)) + ((k * Ln2Low) + correction)) - f);
    }

    /// <summary>x = 2^k m with m in [sqrt(1/2), sqrt(2)), for a normal positive x.</summary>
    private static (double Significand, int Exponent) Split(double x)
    {
        long bits = BitConverter.DoubleToInt64Bits(x);
        int k = (int)(bits >> MantissaBits) - ExponentBias;
        long mantissa = bits & ((1L << MantissaBits) - 1);
        double significand = BitConverter.Int64BitsToDouble(mantissa | ((long)ExponentBias << MantissaBits));
        return significand < SquareRootOfTwo ? (significand, k) : (significand / 2, k + 1);
    }

    /// <summary>y 2^k by adding to the exponent; the caller knows that the result is a normal number.</summary>
    private static double ScaleByPowerOfTwo(double y, int k) =>
        BitConverter.Int64BitsToDouble(BitConverter.DoubleToInt64Bits(y) + ((long)k << MantissaBits));
}
