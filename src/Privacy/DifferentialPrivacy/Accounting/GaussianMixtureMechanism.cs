namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>
/// Gaussian noise on a sum to which a patient adds by chance one of several amounts: that of
/// <see cref="PoissonSampling.GaussianOfRecords"/>.
/// </summary>
/// <remarks>
/// Choquette-Choo, Ganesh, Steinke and Thakurta, "Privacy Amplification for Matrix Mechanisms", ICLR 2024: whatever the
/// directions of the amounts, Σ p_i·N(s_i, σ²) against N(0, σ²), s_i their largest norms, dominates the removal.
/// </remarks>
internal sealed class GaussianMixtureMechanism : PrivacyMechanism
{
    private readonly GaussianMixturePair _removal;
    private readonly double _largestShift;

    /// <param name="sigma">σ.</param>
    /// <param name="sensitivities">s_i, none negative, at least one positive.</param>
    /// <param name="probabilities">p_i, positive, together one.</param>
    internal GaussianMixtureMechanism(
        double sigma, IReadOnlyList<double> sensitivities, IReadOnlyList<double> probabilities)
    {
        Positive(sigma, nameof(sigma));
        double[] shifts = [.. sensitivities.Select(sensitivity => sensitivity / sigma)];
        _removal = new GaussianMixturePair(shifts, probabilities);
        _largestShift = shifts.Max();
    }

    internal override IReadOnlyList<DominatingPair> DominatingPairs => [_removal, _removal.Reversed()];

    // That of the largest amount alone, which is an upper bound: the divergence is quasi-convex.
    private protected override double RenyiDivergenceOf(double order) => order * _largestShift * _largestShift / 2;
}
