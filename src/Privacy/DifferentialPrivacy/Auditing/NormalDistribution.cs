namespace DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

/// <summary>The standard normal distribution function Φ and its inverse.</summary>
internal static class NormalDistribution
{
    private static readonly double Sqrt2 = Math.Sqrt(2);

    /// <summary>Φ(z), with all its digits also where it is tiny.</summary>
    public static double Cdf(double z)
    {
        double tail = Math.Exp(-z * z / 2) * ScaledErfc.Of(Math.Abs(z) / Sqrt2) / 2;
        return z < 0 ? tail : 1 - tail;
    }

    /// <summary>The z with Φ(z) = <paramref name="probability"/>; infinite at 0 and 1.</summary>
    /// <remarks>
    /// Formula 26.2.23 of Abramowitz and Stegun 1964 (error below 4.5e-4), then Halley's iteration on Φ, which triples
    /// the digits each time.
    /// </remarks>
    public static double Quantile(double probability)
    {
        if (!(probability is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(probability), probability, "A probability is from 0 to 1.");
        }

        if (probability is 0 or 1)
        {
            return probability == 0 ? double.NegativeInfinity : double.PositiveInfinity;
        }

        if (probability > 0.5)
        {
            return -Quantile(1 - probability);
        }

        double t = Math.Sqrt(-2 * Math.Log(probability));
        double z = (2.515517 + (t * (0.802853 + (t * 0.010328))))
            / (1 + (t * (1.432788 + (t * (0.189269 + (t * 0.001308)))))) - t;
        for (int i = 0; i < 3; i++)
        {
            // u = (Φ(z) − p) / φ(z), written so that neither the difference nor the density loses its scale.
            double density = Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);
            double newton = (Cdf(z) - probability) / density;
            z -= newton / (1 + (z * newton / 2));
        }

        return z;
    }
}
