namespace DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

/// <summary>What independent trials say about the trade-off curve that is claimed.</summary>
/// <param name="Threshold">Least score that was taken for a member.</param>
/// <param name="TruePositiveRate">Lower confidence bound.</param>
/// <param name="FalsePositiveRate">Upper confidence bound.</param>
/// <param name="Ceiling">
/// The greatest true positive rate that the claim allows at <paramref name="FalsePositiveRate"/>.
/// </param>
/// <param name="Significance">Probability of a false alarm that was allowed.</param>
public sealed record TradeOffFinding(
    double Threshold, double TruePositiveRate, double FalsePositiveRate, double Ceiling, double Significance)
{
    /// <summary>Whether the claim cannot be true, but for a false alarm.</summary>
    public bool IsRefuted => TruePositiveRate > Ceiling;

    /// <summary>
    /// Lower bound of μ, for a mechanism whose noise is Gaussian and in which everyone takes part; 0 where nothing is
    /// found.
    /// </summary>
    /// <remarks>
    /// Nasr et al., "Tight Auditing of Differentially Private Machine Learning", USENIX Security 2023, section 4.2.
    /// </remarks>
    public double MuLowerBound => Math.Max(
        0, NormalDistribution.Quantile(TruePositiveRate) - NormalDistribution.Quantile(FalsePositiveRate));

    /// <summary>Lower bound of ε at <paramref name="delta"/>, for any mechanism; 0 where nothing is found.</summary>
    /// <remarks>
    /// (ε, δ) is TPR ≤ e^ε·FPR + δ: Kairouz, Oh and Viswanath, "The Composition Theorem for Differential Privacy",
    /// ICML 2015. With n trials never more than about ln n.
    /// </remarks>
    public double EpsilonLowerBound(double delta)
    {
        double excess = TruePositiveRate - new PrivacyBudget(0, delta).Delta;
        return excess > 0 ? Math.Max(0, Math.Log(excess / FalsePositiveRate)) : 0;
    }
}
