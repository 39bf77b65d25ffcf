namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>Discrete Gaussian noise on one integer that a patient changes by a known amount.</summary>
/// <remarks>
/// For vectors of integers <see cref="ZeroConcentratedPrivacy"/> and <see cref="DiscreteGaussianSlack"/> hold; this
/// pair is exact for one coordinate, where the noise may be coarse.
/// </remarks>
/// <param name="sigma">σ in integer units.</param>
/// <param name="sensitivity">By how many units a patient changes the integer.</param>
public sealed class DiscreteGaussianMechanism(double sigma, int sensitivity) : PrivacyMechanism
{
    /// <summary>Largest σ whose probabilities are listed one by one.</summary>
    public const double MaximumSigma = 100_000;

    private readonly DiscreteGaussianPair _pair = sigma <= MaximumSigma && sensitivity > 0
        ? new(Positive(sigma, nameof(sigma)), sensitivity)
        : throw new ArgumentOutOfRangeException(
            nameof(sigma), sigma, $"Sigma is at most {MaximumSigma}, and the sensitivity is above zero.");

    internal override IReadOnlyList<DominatingPair> DominatingPairs => [_pair];

    // Canonne, Kamath and Steinke 2020, proposition 5: an upper bound, equal to the continuous Gaussian's divergence.
    private protected override double RenyiDivergenceOf(double order) =>
        order * sensitivity * sensitivity / (2 * sigma * sigma);
}
