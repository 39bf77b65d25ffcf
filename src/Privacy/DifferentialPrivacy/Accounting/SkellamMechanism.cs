namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>
/// Skellam noise, the difference of two Poisson variables, on every coordinate of a vector of integers.
/// </summary>
/// <remarks>
/// Agarwal, Kairouz and Liu, "The Skellam Mechanism for Differentially Private Federated Learning", NeurIPS 2021,
/// theorem 3.5: an upper bound for integer orders. No dominating pair is known for vectors.
/// </remarks>
/// <param name="variance">μ, the variance of the noise on each coordinate.</param>
/// <param name="l1Sensitivity">Δ₁ in integer units.</param>
/// <param name="l2Sensitivity">Δ₂ in integer units.</param>
public sealed class SkellamMechanism(double variance, double l1Sensitivity, double l2Sensitivity) : PrivacyMechanism
{
    private readonly double _variance = Positive(variance, nameof(variance));
    private readonly double _l1 = Positive(l1Sensitivity, nameof(l1Sensitivity));
    private readonly double _squaredL2 = Positive(l2Sensitivity, nameof(l2Sensitivity)) * l2Sensitivity;

    private protected override double RenyiDivergenceOf(double order) => double.IsInteger(order)
        ? (order * _squaredL2 / (2 * _variance)) + Math.Min(
            ((((2 * order) - 1) * _squaredL2) + (6 * _l1)) / (4 * _variance * _variance),
            3 * _l1 / (2 * _variance))
        : double.PositiveInfinity;
}
