namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>What the formula for continuous Gaussian noise must be corrected by when the noise is drawn on the integers.</summary>
/// <remarks>
/// <para><b>Claim.</b> A statistic with values in Z^d, of L2 sensitivity Δ, is released T times, adaptively, each time with
/// independent noise from the discrete Gaussian N_Z(0, σ²) on every coordinate. Then, for every ε,
/// δ_discrete(ε) ≤ δ_Gauss(ε; μ = √T·Δ/σ) + d·T / (σ·√(2π)).</para>
/// <para><b>Normaliser.</b> Z = Σ_n exp(−n²/2σ²) = σ√(2π)·(1 + 2·Σ_{m≥1} exp(−2π²σ²m²)) by Poisson summation. So, with p the
/// density of N(0, σ²), the probability of an integer x is r·p(x), 0 &lt; r ≤ 1, and the same r holds after a shift by an
/// integer: it scales both sides of a hockey stick and only lowers it. (1 − r ≤ 3·exp(−2π²σ²).)</para>
/// <para><b>One coordinate.</b> For constants A, B ≥ 0 and an integer s, let g(x) = max(0, A·p(x) − B·p(x − s)). Where it is
/// positive, a half-line or all of R, ln g = ln p(x) + ln(A − B·exp((2sx − s²)/2σ²)) is a sum of two concave functions: g
/// is log-concave, so unimodal. For a unimodal g, Σ_{n∈Z} g(n) ≤ ∫g + max g: left of the interval [k, k+1] that holds the
/// mode, g(n) ≤ ∫ over [n, n+1]; right of it, g(n) ≤ ∫ over [n−1, n]; and inside, the smaller of g(k), g(k+1) is below the
/// integral over [k, k+1], the larger below max g. Here max g ≤ A/(σ√(2π)).</para>
/// <para><b>One release.</b> Given the past, the means of a release are two fixed integer vectors. δ at any level γ = e^ε ≥ 0 is
/// Σ_x max(0, Π p(x_j) − γ·Π p(x_j − s_j)). Turn the coordinates from sums into integrals one at a time: for coordinate j the
/// others give A, which adds up to at most 1 over all their values, so each exchange costs at most 1/(σ√(2π)). What is
/// left is d-dimensional continuous noise under a shift of length at most Δ, hence at most the profile of N(0, 1) against
/// N(Δ/σ, 1).</para>
/// <para><b>All releases.</b> Exchange the last release first. Conditioned on the past x its level is γ·Q(x)/P(x), and the bound
/// above holds at every level; averaged over P it costs d/(σ√(2π)) and leaves a pair that no longer depends on the past. The
/// release before is then again coordinates times a fixed pair, which joins A and B. After T exchanges the pair is
/// N(0, 1)^T against N(Δ/σ, 1)^T, that is μ = √T·Δ/σ. Releases may differ in d, Δ and σ: the costs and the μ² add.</para>
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
    /// τ: the largest |ln| of the ratio, at any integer, of the sum of independent discrete Gaussians N_Z(0, σ²) to the one
    /// N_Z(0, addends·σ²) that the accounting assumes.
    /// </summary>
    /// <remarks>
    /// τ = 10·Σ_{k=1}^{n−1} exp(−2π²σ²·k/(k+1)), Kairouz, Liu and Steinke, "The Distributed Discrete Gaussian Mechanism for
    /// Federated Learning with Secure Aggregation", ICML 2021 (their bound on convolutions). From σ = 1024 on each term is below
    /// exp(−10^7), which a double rounds to zero: distributed noise costs nothing that could be added to ε.
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
