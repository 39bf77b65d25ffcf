namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>ρ-zero-concentrated differential privacy, for noise on a grid too coarse to pass for continuous.</summary>
/// <remarks>
/// <para>The discrete Gaussian N_Z(0, σ²) on a statistic of integers with L2 sensitivity Δ is ρ-zCDP with
/// ρ = Δ²/(2σ²), on any grid, and releases add up (Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential
/// Privacy", NeurIPS 2020, theorem 4 and its extension to vectors; Bun and Steinke, 2016, lemma 2.3).</para>
/// <para>ρ-zCDP gives (ε, δ) for every α &gt; 1 with
/// δ = exp((α − 1)(αρ − ε))/(α − 1) · (1 − 1/α)^α (the same paper, proposition 12), so
/// ε = αρ + (−ln δ − ln(α − 1) + α·ln(1 − 1/α))/(α − 1). Whatever α the search ends at, ε is a valid bound; it is some
/// percent above the exact composition of <see cref="GaussianComposition"/>.</para>
/// </remarks>
public static class ZeroConcentratedPrivacy
{
    private const int Steps = 200;

    // ln(α − 1): from orders just above 1, best for large ρ, to orders that only a tiny ρ asks for.
    private const double LowestLog = -30;
    private const double HighestLog = 45;

    /// <summary>An ε that ρ-zCDP implies at <paramref name="delta"/>; zero for ρ = 0.</summary>
    /// <param name="rho">Zero or more.</param>
    /// <param name="delta">Above zero and below one.</param>
    public static double Epsilon(double rho, double delta)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rho);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(delta);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(delta, 1);
        if (rho == 0)
        {
            return 0;
        }

        (_, double least) = GoldenSection.Minimum(
            log => AtOrder(rho, delta, log), LowestLog, HighestLog, Steps);
        return Math.Max(0, least);
    }

    /// <summary>
    /// The least σ/Δ of one release such that <paramref name="steps"/> of them stay within <paramref name="budget"/>.
    /// </summary>
    /// <exception cref="ArgumentException">ε or δ is zero: no Gaussian noise reaches that.</exception>
    public static double NoiseMultiplier(PrivacyBudget budget, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        if (budget.Epsilon <= 0 || budget.Delta <= 0)
        {
            throw new ArgumentException("ε and δ must be above zero.", nameof(budget));
        }

        // ε(ρ) grows with ρ and exceeds it, so the largest ρ lies between 0 and ε.
        double low = 0;
        double high = budget.Epsilon;
        for (int step = 0; step < Steps; step++)
        {
            double middle = low + ((high - low) / 2);
            if (Epsilon(middle, budget.Delta) <= budget.Epsilon)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return low > 0
            ? Math.BitIncrement(Math.Sqrt(steps / (2 * low)))
            : throw new ArgumentException($"No noise reaches ε = {budget.Epsilon}.", nameof(budget));
    }

    // ln(1 − 1/α) = ln(α − 1) − ln α keeps its digits at both ends of the range.
    private static double AtOrder(double rho, double delta, double logOfOrderMinusOne)
    {
        double minusOne = Math.Exp(logOfOrderMinusOne);
        double order = 1 + minusOne;
        double logOneMinusInverse = -Math.Log(1 + (1 / minusOne));
        return (order * rho)
            + ((-Math.Log(delta) - logOfOrderMinusOne + (order * logOneMinusInverse)) / minusOne);
    }
}
