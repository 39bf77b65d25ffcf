namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>The least noise whose composition stays within a budget.</summary>
/// <remarks>
/// Both searches are handed the composition as a function of its noise multiplier, of which more must not cost more.
/// What they return has been accounted itself: it keeps to the budget.
/// </remarks>
public static class NoiseCalibration
{
    /// <summary>The smallest noise multiplier that is considered.</summary>
    public const double Smallest = 0.01;

    /// <summary>The largest noise multiplier that is considered.</summary>
    public const double Largest = 1e7;

    /// <summary>By what part of itself the result may exceed the least noise that the accounting admits.</summary>
    public const double RelativeAccuracy = 1e-6;

    // How close the bounds of ε are here, as a part of ε: half of their width is lost in noise.
    private const double WidthOfEpsilon = 2e-4;

    // ε stands for itself down to here; below, and at infinity, the search only needs to know the direction.
    private const double LeastEpsilon = 1e-12;
    private const double MostEpsilon = 1e12;

    private const int MostSteps = 200;

    /// <summary>By the upper bound of <see cref="PrivacyLossAccountant"/>; null where no noise suffices.</summary>
    /// <param name="budget">What may be spent, ε and δ above zero.</param>
    /// <param name="composition">The releases at a noise multiplier.</param>
    /// <param name="byRenyi">The answer of <see cref="ByRenyi"/> where it is known; found here otherwise.</param>
    /// <exception cref="ArgumentException">No privacy loss distribution of them is known.</exception>
    public static double? ByPrivacyLoss(
        PrivacyBudget budget, Func<double, PrivacyComposition> composition, double? byRenyi = null)
    {
        ArgumentNullException.ThrowIfNull(composition);
        double width = WidthFor(budget);

        // Rényi accounting asks for more noise, and seldom for twice as much: both bound the search.
        if ((byRenyi ?? ByRenyi(budget, composition)) is not { } enough)
        {
            return null;
        }

        double tooLittle = enough;
        do
        {
            tooLittle = Math.Max(Smallest, tooLittle / 2);
        }
        while (tooLittle > Smallest && Upper(tooLittle) <= budget.Epsilon);

        return Search(budget, Upper, tooLittle, enough);

        double Upper(double multiplier) => (
            PrivacyLossAccountant.Epsilon(composition(multiplier), budget.Delta, width)
            ?? throw new ArgumentException("No privacy loss distribution is known.", nameof(composition))).Upper;
    }

    /// <summary>How close the bounds of ε are by which the noise for a budget is found.</summary>
    public static double WidthFor(PrivacyBudget budget) =>
        Math.Min(PrivacyLossAccountant.Width, WidthOfEpsilon * budget.Epsilon);

    /// <summary>By <see cref="RenyiAccountant"/>; null where no noise suffices.</summary>
    /// <param name="budget">What may be spent, ε and δ above zero.</param>
    /// <param name="composition">The releases at a noise multiplier.</param>
    public static double? ByRenyi(PrivacyBudget budget, Func<double, PrivacyComposition> composition)
    {
        ArgumentNullException.ThrowIfNull(composition);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(budget.Epsilon, nameof(budget));
        return Search(
            budget,
            multiplier => RenyiAccountant.Epsilon(composition(multiplier), budget.Delta).Epsilon,
            Smallest,
            Largest);
    }

    // Regula falsi on ln ε against ln σ, in its Illinois form (Dowell and Jarratt 1971), which never leaves the
    // bracket.
    private static double? Search(PrivacyBudget budget, Func<double, double> epsilon, double least, double most)
    {
        double low = Math.Log(least);
        double high = Math.Log(most);
        double atHigh = Excess(high);
        if (atHigh > 0)
        {
            return null;
        }

        double atLow = Excess(low);
        if (atLow <= 0)
        {
            return least;
        }

        for (int step = 0; step < MostSteps && high - low > RelativeAccuracy; step++)
        {
            double middle = high - (atHigh * (high - low) / (atHigh - atLow));
            middle = Math.Clamp(middle, low + (RelativeAccuracy / 2), high - (RelativeAccuracy / 2));
            double here = Excess(middle);
            if (here <= 0)
            {
                (high, atHigh, atLow) = (middle, here, atLow / 2);
            }
            else
            {
                (low, atLow, atHigh) = (middle, here, atHigh / 2);
            }
        }

        return Math.Exp(high);

        double Excess(double logMultiplier) => Math.Log(
            Math.Clamp(epsilon(Math.Exp(logMultiplier)), LeastEpsilon, MostEpsilon) / budget.Epsilon);
    }
}
