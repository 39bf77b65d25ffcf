namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>The exact (ε, δ) of any number of Gaussian mechanisms that all patients take part in.</summary>
/// <remarks>
/// <para>One release of a statistic of L2 sensitivity Δ under noise N(0, σ²) is exactly as hard to see through as
/// telling N(0, 1) from N(μ, 1) with μ = Δ/σ, and T of them compose to μ_total = √(Σ μ²) without loss, adaptive or
/// not (Dong, Roth and Su, "Gaussian Differential Privacy", 2019, theorem 2.7 and corollary 3.3). Its privacy profile
/// is δ(ε) = Φ(μ/2 − ε/μ) − e^ε·Φ(−μ/2 − ε/μ) (Balle and Wang, "Improving the Gaussian Mechanism for Differential
/// Privacy", 2018, theorem 8).</para>
/// <para>With a = μ/2 − ε/μ and b = a − μ, e^ε·φ(b) = φ(a). So for a ≤ 0,
/// δ = ½·exp(−a²/2)·(erfcx(−a/√2) − erfcx(−b/√2)), where nothing overflows and δ keeps its digits down to the smallest
/// double; its logarithm goes further. The subtraction costs a relative 1e-15·(1 + |a|)/μ; below μ = 1e-5 the
/// derivative of Mills' ratio takes its place.</para>
/// </remarks>
public static class GaussianComposition
{
    /// <summary>Where the error μ²/12 of the derivative falls below that of the difference.</summary>
    private const double SmallMu = 1e-5;

    private static readonly double Sqrt2 = Math.Sqrt(2);

    /// <summary>The smallest δ at <paramref name="epsilon"/>.</summary>
    /// <param name="epsilon">Zero or more.</param>
    /// <param name="mu">Sensitivity over noise of the whole composition, zero or more.</param>
    public static double Delta(double epsilon, double mu) => Math.Exp(LogDelta(epsilon, mu));

    /// <summary>The smallest ε at <paramref name="delta"/>, rounded up; infinite for δ = 0 and μ &gt; 0.</summary>
    /// <param name="mu">Sensitivity over noise of the whole composition, zero or more.</param>
    /// <param name="delta">At least zero and below one.</param>
    public static double Epsilon(double mu, double delta)
    {
        RequireMu(mu);
        _ = new PrivacyBudget(0, delta);
        if (mu == 0)
        {
            return 0;
        }

        if (delta == 0 || double.IsPositiveInfinity(mu))
        {
            return double.PositiveInfinity;
        }

        double target = Math.Log(delta);
        if (LogDelta(0, mu) <= target)
        {
            return 0;
        }

        // δ(ε) < Φ(μ/2 − ε/μ) ≤ exp(−z²/2) for ε = μ²/2 + μ·z; at z = √(2·ln(1/δ)) that is δ.
        double enough = (mu * mu / 2) + (mu * Math.Sqrt(-2 * target));
        return SmallestWhere(epsilon => LogDelta(epsilon, mu) <= target, enough);
    }

    /// <summary>The largest μ whose composition stays within <paramref name="budget"/>, rounded down.</summary>
    /// <remarks>Zero where δ is zero: no Gaussian noise reaches pure differential privacy.</remarks>
    public static double Mu(PrivacyBudget budget)
    {
        if (budget.Delta == 0)
        {
            return 0;
        }

        if (double.IsPositiveInfinity(budget.Epsilon))
        {
            return double.PositiveInfinity;
        }

        double target = Math.Log(budget.Delta);
        double tooMuch = 1;
        while (LogDelta(budget.Epsilon, tooMuch) <= target)
        {
            tooMuch *= 2;
        }

        return Math.BitDecrement(SmallestWhere(mu => LogDelta(budget.Epsilon, mu) > target, tooMuch));
    }

    /// <summary>
    /// σ/Δ of each of <paramref name="steps"/> equal releases that together spend <paramref name="budget"/>.
    /// </summary>
    /// <exception cref="ArgumentException">δ is zero, which no Gaussian noise reaches.</exception>
    public static double NoiseMultiplier(PrivacyBudget budget, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(steps);
        double mu = Mu(budget);
        return mu > 0
            ? Math.Sqrt(steps) / mu
            : throw new ArgumentException("No Gaussian noise reaches delta = 0.", nameof(budget));
    }

    /// <summary>μ of <paramref name="steps"/> releases with σ/Δ = <paramref name="noiseMultiplier"/> each.</summary>
    public static double TotalMu(double noiseMultiplier, int steps)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(steps);
        if (!(noiseMultiplier > 0))
        {
            throw new ArgumentOutOfRangeException(nameof(noiseMultiplier), noiseMultiplier, "Noise is positive.");
        }

        return Math.Sqrt(steps) / noiseMultiplier;
    }

    /// <summary>ln δ(ε), also where δ itself is below the smallest double.</summary>
    internal static double LogDelta(double epsilon, double mu)
    {
        RequireMu(mu);
        _ = new PrivacyBudget(epsilon, 0);
        if (mu == 0 || double.IsPositiveInfinity(epsilon))
        {
            return double.NegativeInfinity;
        }

        double a = (mu / 2) - (epsilon / mu);
        if (mu < SmallMu)
        {
            return LogDeltaOfSmallMu(epsilon / mu, a, mu);
        }

        double b = -(mu / 2) - (epsilon / mu);
        double upper = ScaledErfc.Of(Math.Abs(a) / Sqrt2);
        double lower = ScaledErfc.Of(-b / Sqrt2);
        return a <= 0
            ? (-a * a / 2) + Math.Log(Math.Max(0, upper - lower) / 2)
            : Math.Log(Math.Max(0, 1 - (Math.Exp(-a * a / 2) * (upper + lower) / 2)));
    }

    /// <summary>ln δ where μ is too small for the difference of two Mills' ratios R(a) − R(b), R = Φ/φ.</summary>
    /// <remarks>
    /// δ = φ(a)·∫ R'(t) dt over [b, a], of which μ·R'(−y), y = ε/μ in the middle, is all but a relative μ²/12, since
    /// R'''(−y) ≤ 2·R'(−y). R'(−y) = 1 − y·R(−y) = 1 − y·√(π/2)·erfcx(y/√2).
    /// </remarks>
    private static double LogDeltaOfSmallMu(double y, double a, double mu)
    {
        double slope = 1 - (y * Math.Sqrt(Math.PI / 2) * ScaledErfc.Of(y / Sqrt2));
        return (-a * a / 2) - (Math.Log(2 * Math.PI) / 2) + Math.Log(mu) + Math.Log(Math.Max(0, slope));
    }

    private static void RequireMu(double mu)
    {
        if (!(mu >= 0))
        {
            throw new ArgumentOutOfRangeException(nameof(mu), mu, "Mu is zero or more.");
        }
    }

    /// <summary>The smallest positive double that satisfies a monotone condition, given one that does.</summary>
    /// <remarks>
    /// Positive doubles are ordered as their bits are: halving the interval of bits ends after 63 steps at two
    /// neighbours, whatever the scale, and needs neither a tolerance nor a start value.
    /// </remarks>
    private static double SmallestWhere(Func<double, bool> holds, double upper)
    {
        long no = 0;
        long yes = BitConverter.DoubleToInt64Bits(upper);
        while (yes - no > 1)
        {
            long middle = no + ((yes - no) / 2);
            if (holds(BitConverter.Int64BitsToDouble(middle)))
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
}
