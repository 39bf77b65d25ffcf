namespace DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

/// <summary>
/// When so many right guesses about canaries of one and the same run contradict a claim of differential privacy.
/// </summary>
/// <remarks>
/// m canaries are put in or left out by independent fair coins, the training runs once, and the attacker takes some of
/// the canaries for members. Guesses that are wrong only sometimes are possible under any privacy; too many right ones
/// are not. Both tests ask only for guesses of membership, none of absence (k₋ = 0 in the papers).
/// </remarks>
public abstract class OneRunTest
{
    // Far below what any number of canaries can tell apart.
    private const double EpsilonTolerance = 1e-7;

    private protected OneRunTest()
    {
    }

    /// <summary>
    /// Of Steinke, Nasr and Jagielski, "Privacy Auditing with One (1) Training Run", NeurIPS 2023: supposes nothing
    /// but (ε, δ).
    /// </summary>
    public static OneRunTest ApproximateDp { get; } = new ApproximateDpTest();

    /// <summary>
    /// Of Mahloujifar, Melis and Chaudhuri, "Auditing f-Differential Privacy in One Run", 2024, for the curves of
    /// Gaussian mechanisms: supposes that the claim is one of Gaussian noise, and finds more.
    /// </summary>
    public static OneRunTest GaussianDp { get; } = new GaussianDpTest();

    /// <summary>
    /// An upper bound of the probability of guesses as good as these if <paramref name="claim"/> is true, from 0 to 1.
    /// </summary>
    /// <param name="canaries">m, in and out.</param>
    /// <param name="guesses">Fixed before the coins were looked at, or corrected for the choice by the caller.</param>
    /// <param name="claim">ε and δ.</param>
    public abstract double PValue(int canaries, CanaryGuesses guesses, PrivacyBudget claim);

    /// <summary>
    /// The largest ε of at least <paramref name="atLeast"/> that is refuted at <paramref name="delta"/>;
    /// <paramref name="atLeast"/> where none is.
    /// </summary>
    internal double Epsilon(
        int canaries, CanaryGuesses guesses, double delta, double significance, double atLeast)
    {
        if (!Refutes(canaries, guesses, new PrivacyBudget(atLeast, delta), significance))
        {
            return atLeast;
        }

        double refuted = atLeast;
        double standing = Math.Max(1, 2 * atLeast);
        while (Refutes(canaries, guesses, new PrivacyBudget(standing, delta), significance))
        {
            (refuted, standing) = (standing, 2 * standing);
        }

        while (standing - refuted > EpsilonTolerance * Math.Max(1, standing))
        {
            double middle = (refuted + standing) / 2;
            if (Refutes(canaries, guesses, new PrivacyBudget(middle, delta), significance))
            {
                refuted = middle;
            }
            else
            {
                standing = middle;
            }
        }

        return refuted;
    }

    private protected abstract bool Refutes(
        int canaries, CanaryGuesses guesses, PrivacyBudget claim, double significance);

    private protected static void Require(int canaries, CanaryGuesses guesses)
    {
        if (guesses.TruePositives < 0 || guesses.FalsePositives < 0 || guesses.Count > canaries)
        {
            throw new ArgumentOutOfRangeException(
                nameof(guesses), guesses, $"From none to all of {canaries} canaries are taken for members.");
        }
    }

    /// <remarks>
    /// Under (ε, 0) the number of right guesses among r is at most binomial with success e^ε/(1 + e^ε); δ lets each
    /// guess go wrong with probability 2δ more, at worst where it helps most. Theorem 5.2 there: P[W ≥ v] ≤ β + 2mδα
    /// with β = P[B ≥ v] and α = max over i of P[v − i ≤ B &lt; v] / i.
    /// </remarks>
    private sealed class ApproximateDpTest : OneRunTest
    {
        public override double PValue(int canaries, CanaryGuesses guesses, PrivacyBudget claim)
        {
            Require(canaries, guesses);
            int correct = guesses.TruePositives;
            BinomialTail right = new(guesses.Count, 1 / (1 + Math.Exp(-claim.Epsilon)));
            double beta = right.AtLeast(correct);
            if (claim.Delta == 0)
            {
                return beta;
            }

            // A mean over the i values below v. The law has one peak, so from the first value below the mean on it
            // falls.
            double alpha = 0;
            double sum = 0;
            for (int i = 1; i <= correct && right.Mass(correct - i) >= alpha; i++)
            {
                sum += right.Mass(correct - i);
                alpha = sum / i;
            }

            return Math.Min(1, beta + (2 * canaries * claim.Delta * alpha));
        }

        // A binomial variable reaches its mean with probability 1/4 at least (Greenberg and Mohri, "Tight Lower Bound
        // on the Probability of a Binomial Exceeding its Expectation", 2014).
        private protected override bool Refutes(
            int canaries, CanaryGuesses guesses, PrivacyBudget claim, double significance) =>
            (significance > 0.25 || guesses.TruePositives > guesses.Count / (1 + Math.Exp(-claim.Epsilon)))
            && PValue(canaries, guesses, claim) < significance;
    }

    /// <remarks>
    /// Let p_j be the probability of exactly j right guesses of r, R = Σ_{j≥i} p_j·j/m and H = Σ_{j≥i} p_j·(r − j)/m,
    /// summed from the right down to i. The trade-off curve bounds H from below by Φ(Φ⁻¹(R) − μ), and the paper's
    /// recursion turns that into a lower bound of both sums at i = 0, where they must add up to r/m. If the tail of at
    /// least v right guesses had the probability α that is asked about, and they come to more, then its probability is
    /// less than α.
    /// </remarks>
    private sealed class GaussianDpTest : OneRunTest
    {
        public override double PValue(int canaries, CanaryGuesses guesses, PrivacyBudget claim)
        {
            Require(canaries, guesses);
            if (!Refutes(canaries, guesses, claim, 1))
            {
                return 1;
            }

            // Positive doubles are ordered as their bits: 62 halvings find the least significance that still refutes.
            long no = 0;
            long yes = BitConverter.DoubleToInt64Bits(1);
            while (yes - no > 1)
            {
                long middle = no + ((yes - no) / 2);
                if (Refutes(canaries, guesses, claim, BitConverter.Int64BitsToDouble(middle)))
                {
                    yes = middle;
                }
                else
                {
                    no = middle;
                }
            }

            return BitConverter.Int64BitsToDouble(yes);
        }

        private protected override bool Refutes(
            int canaries, CanaryGuesses guesses, PrivacyBudget claim, double significance)
        {
            double mu = GaussianComposition.Mu(claim);
            double right = significance * guesses.TruePositives / canaries;
            double wrong = significance * guesses.FalsePositives / canaries;
            double all = guesses.Count / (double)canaries;
            for (int i = guesses.TruePositives - 1; i >= 0 && right + wrong <= all; i--)
            {
                double least = NormalDistribution.Cdf(NormalDistribution.Quantile(right) - mu);
                if (!(least > wrong))
                {
                    break;
                }

                right = Math.Min(1, right + (i / (double)(guesses.Count - i) * (least - wrong)));
                wrong = least;
            }

            return right + wrong > all;
        }
    }
}
