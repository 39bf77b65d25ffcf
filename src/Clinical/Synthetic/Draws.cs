namespace DigitalTwin.Clinical.Synthetic;

/// <summary>Uniform and normal draws from a stream of 64-bit words, for invented patients only.</summary>
/// <remarks>Not for privacy noise: these are floating-point draws, whose rounding can betray what they hide.</remarks>
internal sealed class Draws(Func<ulong> words)
{
    private const double Ulp = 1.0 / (1UL << 53);

    /// <summary>Uniform in [0, 1) with 53 random bits.</summary>
    internal double Uniform() => (words() >> 11) * Ulp;

    /// <summary>Standard normal, by Box and Muller 1958; always two words.</summary>
    internal double Normal()
    {
        double radius = Math.Sqrt(-2 * Math.Log(1 - Uniform()));
        return radius * Math.Cos(2 * Math.PI * Uniform());
    }

    /// <summary>Index of the share in which <paramref name="position"/> of [0, 1) falls.</summary>
    internal static int IndexOf(double[] shares, double position)
    {
        int index = 0;
        double upper = shares[0];
        while (position >= upper && index < shares.Length - 1)
        {
            index++;
            upper += shares[index];
        }

        return index;
    }

    /// <summary>The standard normal distribution function; error below 7.5e-8.</summary>
    /// <remarks>Abramowitz and Stegun, Handbook of Mathematical Functions, formula 26.2.17 and its constants.</remarks>
    internal static double NormalShare(double z)
    {
        double t = 1 / (1 + (0.2316419 * Math.Abs(z)));
        double polynomial = t * (0.319381530 + (t * (-0.356563782
            + (t * (1.781477937 + (t * (-1.821255978 + (t * 1.330274429))))))));
        double upperTail = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI) * polynomial;
        return z >= 0 ? 1 - upperTail : upperTail;
    }
}
