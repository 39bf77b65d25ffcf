namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>
/// What the formula for continuous Gaussian noise must be corrected by when the noise is drawn on the integers.
/// </summary>
/// <remarks>
/// <para><b>Claim.</b> A statistic with values in Z^d, of L2 sensitivity Δ, is released T times, adaptively, each time
/// with independent noise from the discrete Gaussian N_Z(0, σ²) on every coordinate. Then, for every ε,
/// δ_discrete(ε) ≤ δ_Gauss(ε; μ = √T·Δ/σ) + d·T / (σ·√(2π)).</para>
/// <para><b>Normaliser.</b> Let p be the density of N(0, σ²). By Poisson summation Σ_n exp(−n²/2σ²) =
/// σ√(2π)·(1 + 2·Σ_{m≥1} exp(−2π²σ²m²)), so the probability of an integer x is r·p(x) with 0 &lt; r ≤ 1 and
/// 1 − r ≤ 3·exp(−2π²σ²). After a shift by an integer the same r holds: it scales both sides of a hockey stick and so
/// only lowers it. The normaliser costs nothing.</para>
/// <para><b>One coordinate.</b> For A, B ≥ 0 and an integer s let g(x) = max(0, A·p(x) − B·p(x − s)). Where g is
/// positive, on a half-line or on all of R, ln g = ln p(x) + ln(A − B·exp((2sx − s²)/2σ²)) is a sum of two concave
/// functions, so g has one mode. Then Σ_{n∈Z} g(n) ≤ ∫g + max g: with the mode in [k, k+1], g(n) is at most the
/// integral over [n, n+1] for n &lt; k and over [n−1, n] for n &gt; k+1; of g(k) and g(k+1) the smaller is at most the
/// integral over [k, k+1], the larger at most max g. And max g ≤ A/(σ√(2π)).</para>
/// <para><b>One release.</b> Given the past, its two means are fixed integer vectors that differ by s, and its hockey
/// stick at level γ ≥ 0 is Σ_x max(0, Π r·p(x_j) − γ·Π r·p(x_j − s_j)). Turn the coordinates from sums into integrals
/// one at a time. For coordinate j the product of all others is A, a probability distribution over their values, so
/// the exchange costs at most 1/(σ√(2π)). What is left is continuous noise under a shift of length at most Δ, at
/// every level at most the hockey stick of N(0, 1) against N(Δ/σ, 1).</para>
/// <para><b>All releases.</b> Exchange the last release first. Given a past of probability P under one data set and Q
/// under the other its level is γ·Q/P; averaged over P, the bound above costs d/(σ√(2π)) and leaves a pair that no
/// longer depends on the past. The release before is then once more its coordinates times a fixed pair, which joins A
/// and B. After T exchanges N(0, 1)^T stands against N(Δ/σ, 1)^T, which is μ = √T·Δ/σ. Releases may differ in d, Δ
/// and σ: the costs add, and so do the μ².</para>
/// </remarks>
public static class DiscreteGaussianSlack
{
    /// <summary>
    /// Smallest σ in grid units that is accepted. The claim holds below it too, but is then too large to be useful, and
    /// a σ that small is a real σ passed where grid units are meant.
    /// </summary>
    public const double MinimumSigmaGrid = 1024;

    /// <summary>The term to subtract from δ before ε is computed: coordinates / (σ·√(2π)).</summary>
    /// <param name="coordinates">Integers released: dimension times steps.</param>
    /// <param name="sigmaGrid">σ in grid units.</param>
    public static double Of(long coordinates, double sigmaGrid)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(coordinates);
        RequireSigma(sigmaGrid);
        return coordinates / (sigmaGrid * Math.Sqrt(2 * Math.PI));
    }

    /// <summary>
    /// τ: the largest |ln| of the ratio, at any integer, of the sum of independent discrete Gaussians N_Z(0, σ²) to
    /// the one N_Z(0, addends·σ²) that the accounting assumes.
    /// </summary>
    /// <remarks>
    /// τ = 10·Σ_{k=1}^{n−1} exp(−2π²σ²·k/(k+1)): Kairouz, Liu and Steinke, "The Distributed Discrete Gaussian Mechanism
    /// for Federated Learning with Secure Aggregation", ICML 2021, their bound on convolutions, for σ² ≥ 1/2. From
    /// σ = 1024 on each term is below exp(−10^7), which a double rounds to zero: noise in parts costs no ε.
    /// </remarks>
    /// <param name="addends">Number of nodes whose noise is summed.</param>
    /// <param name="sigmaGrid">σ of each node's noise in grid units.</param>
    public static double SumTau(int addends, double sigmaGrid)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(addends);
        RequireSigma(sigmaGrid);
        return Tau(addends, sigmaGrid);
    }

    /// <summary>τ without the lower limit on σ, which the theorem sets at σ² ≥ 1/2.</summary>
    internal static double Tau(int addends, double sigmaGrid)
    {
        double sum = 0;
        for (int k = 1; k < addends; k++)
        {
            sum += Math.Exp(-2 * Math.PI * Math.PI * sigmaGrid * sigmaGrid * k / (k + 1));
        }

        return 10 * sum;
    }

    private static void RequireSigma(double sigmaGrid)
    {
        if (!(sigmaGrid >= MinimumSigmaGrid))
        {
            throw new ArgumentOutOfRangeException(
                nameof(sigmaGrid), sigmaGrid, $"Sigma is at least {MinimumSigmaGrid} grid units.");
        }
    }
}
