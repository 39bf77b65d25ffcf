using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

/// <summary>
/// Holds membership scores of independent trials against the whole trade-off curve that a mechanism claims.
/// </summary>
/// <remarks>
/// <para>Nasr et al., "Tight Auditing of Differentially Private Machine Learning", USENIX Security 2023: with the
/// claim's own curve in place of one (ε, δ), some hundred trials see what (ε, δ) would need millions for. Trials are
/// runs of the training each with a coin of its own, or canaries of one run that share neither coordinate nor noise;
/// they must be independent if the claim is true.</para>
/// <para>The trials at even places choose the threshold, those at odd places judge it with the exact bounds of Clopper
/// and Pearson 1934, each at half of the significance; so the significance holds without any correction.</para>
/// </remarks>
public static class TradeOffAudit
{
    /// <param name="scores">One finite score per trial, higher for members.</param>
    /// <param name="included">Whether the trial's canary was in.</param>
    /// <param name="claim">What is claimed of the releases.</param>
    /// <param name="significance">Probability of a false alarm that is allowed, above 0 and below 1.</param>
    /// <exception cref="ArgumentException">
    /// The lengths differ, a score is not a number, or a half of the trials is all in or all out.
    /// </exception>
    public static TradeOffFinding Run(
        ReadOnlySpan<double> scores, ReadOnlySpan<bool> included, TradeOffCurve claim, double significance)
    {
        ArgumentNullException.ThrowIfNull(claim);
        if (!(significance is > 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(significance), significance, "A significance is above 0 and below 1.");
        }

        (CanaryScores choosing, CanaryScores judging) = Halves(scores, included);
        CanaryGuesses best = choosing.Hull().MaxBy(guesses => ExcessOf(choosing, guesses, claim, significance));
        return FindingOf(judging, judging.Above(best.Threshold), claim, significance);
    }

    /// <summary>
    /// A lower bound of ε for releases of a known form whose noise is unknown: that of the least private claim that is
    /// refuted, 0 where none is.
    /// </summary>
    /// <remarks>
    /// Claims are tested from the most private on, each at the whole significance, until one stands: a fixed sequence,
    /// which needs no correction (Maurer, Hothorn and Lehmacher 1995).
    /// </remarks>
    /// <inheritdoc cref="Run" path="/param[@name='scores' or @name='included' or @name='significance']"/>
    /// <param name="claims">From the most to the least private, fixed beforehand.</param>
    /// <param name="delta">At which ε is told.</param>
    public static double EpsilonLowerBound(
        ReadOnlySpan<double> scores,
        ReadOnlySpan<bool> included,
        IEnumerable<PrivacyComposition> claims,
        double delta,
        double significance)
    {
        ArgumentNullException.ThrowIfNull(claims);
        PrivacyComposition? refuted = null;
        foreach (PrivacyComposition claim in claims)
        {
            if (!Run(scores, included, new TradeOffCurve(claim), significance).IsRefuted)
            {
                break;
            }

            refuted = claim;
        }

        return refuted is null ? 0 : PrivacyLossAccountant.Epsilon(refuted, delta)!.Value.Lower;
    }

    // By how many half-widths of its confidence bounds a threshold is above the ceiling: more than one refutes.
    private static double ExcessOf(
        CanaryScores scores, CanaryGuesses guesses, TradeOffCurve claim, double significance)
    {
        TradeOffFinding bounds = FindingOf(scores, guesses, claim, significance);
        double truePositives = guesses.TruePositives / (double)scores.InCount;
        double ceiling = claim.TruePositiveRate(guesses.FalsePositives / (double)scores.OutCount);
        double halfWidth = truePositives - bounds.TruePositiveRate + (bounds.Ceiling - ceiling);
        return (truePositives - ceiling) / Math.Max(halfWidth, double.Epsilon);
    }

    private static (CanaryScores Choosing, CanaryScores Judging) Halves(
        ReadOnlySpan<double> scores, ReadOnlySpan<bool> included)
    {
        if (scores.Length != included.Length)
        {
            throw new ArgumentException(
                $"Expected {scores.Length} memberships, got {included.Length}.", nameof(included));
        }

        List<double>[] halfScores = [[], []];
        List<bool>[] halfIncluded = [[], []];
        for (int trial = 0; trial < scores.Length; trial++)
        {
            halfScores[trial % 2].Add(scores[trial]);
            halfIncluded[trial % 2].Add(included[trial]);
        }

        return (
            new CanaryScores([.. halfScores[0]], [.. halfIncluded[0]]),
            new CanaryScores([.. halfScores[1]], [.. halfIncluded[1]]));
    }

    private static TradeOffFinding FindingOf(
        CanaryScores scores, CanaryGuesses guesses, TradeOffCurve claim, double significance)
    {
        double truePositives = BinomialTail.LowerBound(guesses.TruePositives, scores.InCount, significance / 2);
        double falsePositives = BinomialTail.UpperBound(guesses.FalsePositives, scores.OutCount, significance / 2);
        return new TradeOffFinding(
            guesses.Threshold,
            truePositives,
            falsePositives,
            claim.TruePositiveRate(falsePositives),
            significance);
    }
}
