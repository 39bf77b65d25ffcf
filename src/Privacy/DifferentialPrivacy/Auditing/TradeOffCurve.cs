using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

/// <summary>
/// How well anybody can tell whether a patient's data went into some releases: the ceiling that their privacy puts on
/// the true positive rate of membership inference at each false positive rate.
/// </summary>
/// <remarks>
/// Wasserman and Zhou, "A Statistical Framework for Differential Privacy", JASA 105, 2010; Dong, Roth and Su, "Gaussian
/// Differential Privacy", 2019, propositions 2.5 and 2.12. For Gaussian releases in which everyone takes part the
/// ceiling is Φ(Φ⁻¹(FPR) + μ); for others it is the lower envelope of the lines e^ε·FPR + δ(ε), of which a grid is
/// taken, so it lies slightly above the exact curve and never below.
/// </remarks>
public sealed class TradeOffCurve
{
    private const int Lines = 32;

    // The last line of the grid lies where δ is this: flatter ones matter only at smaller false positive rates.
    private const double LeastDelta = 1e-6;

    private readonly double? _mu;
    private readonly List<PrivacyBudget> _lines = [];

    /// <param name="releases">All that is known of the patient's data.</param>
    /// <exception cref="ArgumentException">No loss distribution of a release is known.</exception>
    public TradeOffCurve(PrivacyComposition releases)
    {
        ArgumentNullException.ThrowIfNull(releases);
        _mu = releases.GaussianMu;
        if (_mu is not null)
        {
            return;
        }

        double last = PrivacyLossAccountant.Epsilon(releases, LeastDelta)?.Upper
            ?? throw new ArgumentException("A release has no known loss distribution.", nameof(releases));
        for (int line = 0; line < Lines; line++)
        {
            // Squares of even steps: most lines where the curve bends most, at small ε.
            double share = line / (Lines - 1.0);
            double epsilon = last * share * share;
            double delta = PrivacyLossAccountant.Delta(releases, epsilon)!.Value.Upper;
            _lines.Add(new PrivacyBudget(epsilon, Math.Min(delta, Math.BitDecrement(1))));
        }
    }

    /// <summary>The greatest true positive rate at <paramref name="falsePositiveRate"/>, both from 0 to 1.</summary>
    public double TruePositiveRate(double falsePositiveRate)
    {
        if (!(falsePositiveRate is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(falsePositiveRate), falsePositiveRate, "A rate is from 0 to 1.");
        }

        if (_mu is { } mu)
        {
            return falsePositiveRate is 0 or 1
                ? falsePositiveRate
                : NormalDistribution.Cdf(NormalDistribution.Quantile(falsePositiveRate) + mu);
        }

        // A line and its mirror image: neighbours may change places.
        double ceiling = 1;
        foreach (PrivacyBudget line in _lines)
        {
            double ratio = Math.Exp(line.Epsilon);
            ceiling = Math.Min(ceiling, (ratio * falsePositiveRate) + line.Delta);
            ceiling = Math.Min(ceiling, 1 - Math.Max(0, (1 - line.Delta - falsePositiveRate) / ratio));
        }

        return ceiling;
    }
}
