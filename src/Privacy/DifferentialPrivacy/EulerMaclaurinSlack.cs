namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>
/// What accounting for continuous Gaussian noise must be corrected by when the noise is drawn on the integers, with or
/// without Poisson sampling: the bound for many coordinates and many steps.
/// </summary>
/// <remarks>
/// <para><b>Claim.</b> A statistic with values in Z^d that one patient shifts by at most Δ in L2, is released T times,
/// adaptively, each time with independent noise from the discrete Gaussian N_Z(0, σ²) on every coordinate; the patient
/// takes part in each release with probability q, 0 &lt; q ≤ 1, independently. Then for every ε
/// δ_discrete(ε) ≤ δ_continuous(ε) + T·(d + μ²)/(5σ²), μ = Δ/σ, where δ_continuous is that of the T-fold composition
/// of the sampled Gaussian mechanism with noise multiplier σ/Δ, in the direction at hand (removal or addition).</para>
/// <para><b>As in <see cref="DiscreteGaussianSlack"/></b>, whose proof this one follows: the normaliser of N_Z costs
/// nothing; coordinates are turned from sums into integrals one at a time, the last release first; and given a past of
/// probability P under one data set and Q under the other, a release is looked at on the level γ·Q/P. New are the
/// exchange of one coordinate and the sampling.</para>
/// <para><b>One coordinate.</b> For A, B ≥ 0, an integer s and the density p of N(0, σ²) let
/// g(x) = max(0, A·p(x) − B·p(x − s)). It is continuous, and g′ is of bounded variation V. By Euler and Maclaurin
/// Σ_n g(n) − ∫g = −∫ ½B₂({x}) dg′(x), and as ∫dg′ = 0 a constant may be added to ½B₂, which lies in [−1/24, 1/12]:
/// |Σ_n g(n) − ∫g| ≤ V/16. Where g is positive, g″ = A·p″ − B·p″(x − s), and there B·p(x − s) ≤ A·p(x). With t = s/σ:
/// ∫A|p″| = 4A/(σ²·√(2πe)); ∫B·|p″(x − s)| ≤ A·∫p(x)·((x − s)²/σ⁴ + 1/σ²) = A·(2 + t²)/σ²; and g has at most one
/// kink, as the ratio of the two is monotone, where A·p(x) = B·p(x − s) and so g′ jumps by
/// A·p(x)·|s|/σ² ≤ A·|t|/(σ²·√(2π)). Altogether V ≤ A·(2.97 + 0.4·|t| + t²)/σ² ≤ A·(3.2 + 1.2·t²)/σ², and V/16 is
/// below A·(1 + t²)/(5σ²). Over the coordinates Σ t² ≤ μ².</para>
/// <para><b>Sampling.</b> Given the batch without the patient, of which both hockey sticks are averages, a release is
/// p against (1 − q)·p + q·p_s for one shift s. Removal: max(0, (1 − q)·p + q·p_s − γ·p), which is
/// max(0, q·p_s − (γ − 1 + q)·p), is a g with A = q where γ ≥ 1 − q; below, it is nowhere negative, and sum and
/// integral are both 1 − γ. Addition: max(0, p − γ·(1 − q)·p − γq·p_s) is a g with A = 1 − γ·(1 − q) ≤ 1, or zero.
/// Either way A ≤ 1.</para>
/// </remarks>
public static class EulerMaclaurinSlack
{
    /// <summary>The term to subtract from δ before ε is computed, for one release.</summary>
    /// <param name="coordinates">d, one or more.</param>
    /// <param name="sigmaGrid">σ in grid units.</param>
    /// <param name="noiseMultiplier">σ/Δ.</param>
    public static double Of(long coordinates, double sigmaGrid, double noiseMultiplier)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(coordinates);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(noiseMultiplier);
        return sigmaGrid >= DiscreteGaussianSlack.MinimumSigmaGrid
            ? Bound(coordinates, sigmaGrid, 1 / noiseMultiplier)
            : throw new ArgumentOutOfRangeException(
                nameof(sigmaGrid),
                sigmaGrid,
                $"Sigma is at least {DiscreteGaussianSlack.MinimumSigmaGrid} grid units.");
    }

    /// <summary>The same without the lower limit of σ, which only catches mistaken units.</summary>
    internal static double Bound(double coordinates, double sigmaGrid, double mu) =>
        (coordinates + (mu * mu)) / (5 * sigmaGrid * sigmaGrid);
}
