namespace DigitalTwin.Models.Numerics;

/// <summary>The cosine, with the same bits on every processor: see <see cref="DeterministicMath"/>.</summary>
/// <remarks>
/// fdlibm 5.3 (Sun Microsystems 1993, e_rem_pio2.c, k_cos.c, k_sin.c): the argument less the nearest multiple of π/2 in
/// two parts, then a minimax polynomial. The parts of π/2 bear arguments up to 2^20 π/2; random features of scaled
/// inputs stay far below. Error seen in the tests against arithmetic of 100 digits: below 1 ulp of 1.
/// </remarks>
internal static class DeterministicCosine
{
    /// <summary>Largest size of an argument, about 1.6 million radians.</summary>
    public const double Limit = 1L << 20;

    // π/2 = High + Middle + Low; the trailing bits of High and Middle are zero, so that a multiple below 2^20 is exact.
    private const double TwoOverPi = 6.36619772367581382433e-01;
    private const double High = 1.57079632673412561417e+00;
    private const double Middle = 6.07710050630396597660e-11;
    private const double Low = 2.02226624879595063154e-21;

    /// <exception cref="ArgumentOutOfRangeException">The argument is beyond the limit or no number.</exception>
    public static double Cos(double x)
    {
        if (!(Math.Abs(x) <= Limit))
        {
            throw new ArgumentOutOfRangeException(nameof(x), x, "The cosine takes arguments up to 2^20.");
        }

        // The remainder as a sum of two doubles, |remainder| <= π/4.
        double multiple = Math.Floor((x * TwoOverPi) + 0.5);
        double first = x - (multiple * High);
        double middle = multiple * Middle;
        double high = first - middle;
        double lost = first - high - middle;
        double low = lost - (multiple * Low);
        double remainder = high + low;
        double tail = high - remainder + low;

        return ((long)multiple & 3) switch
        {
            0 => CosOfRemainder(remainder, tail),
            1 => -SinOfRemainder(remainder, tail),
            2 => -CosOfRemainder(remainder, tail),
            _ => SinOfRemainder(remainder, tail),
        };
    }

    private static double CosOfRemainder(double x, double tail)
    {
        double z = x * x;
        double r = z * (4.16666666666666019037e-02 + (z * (-1.38888888888741095749e-03
            + (z * (2.48015872894767294178e-05 + (z * (-2.75573143513906633035e-07
            + (z * (2.08757232129817482790e-09 + (z * -1.13596475577881948265e-11))))))))));
        double half = 0.5 * z;
        double rest = 1 - half;
        return rest + (1 - rest - half + ((z * r) - (x * tail)));
    }

    private static double SinOfRemainder(double x, double tail)
    {
        double z = x * x;
        double r = 8.33333333332248946124e-03 + (z * (-1.98412698298579493134e-04
            + (z * (2.75573137070700676789e-06 + (z * (-2.50507602534068634195e-08
            + (z * 1.58969099521155010221e-10)))))));
        double cubed = z * x;
        return x - ((z * ((0.5 * tail) - (cubed * r))) - tail - (cubed * -1.66666666666666324348e-01));
    }
}
