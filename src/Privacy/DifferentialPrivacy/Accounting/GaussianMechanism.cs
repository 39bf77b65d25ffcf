namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>Gaussian noise on a statistic in which every patient takes part.</summary>
/// <param name="noiseMultiplier">σ over the L2 sensitivity.</param>
public sealed class GaussianMechanism(double noiseMultiplier) : PrivacyMechanism
{
    /// <summary>σ over the L2 sensitivity.</summary>
    public double NoiseMultiplier { get; } = Positive(noiseMultiplier, nameof(noiseMultiplier));

    internal override double? GaussianMu => 1 / NoiseMultiplier;

    internal override IReadOnlyList<DominatingPair> DominatingPairs => [new GaussianPair(1 / NoiseMultiplier)];

    // Mironov 2017, proposition 7.
    private protected override double RenyiDivergenceOf(double order) =>
        order / (2 * NoiseMultiplier * NoiseMultiplier);
}
