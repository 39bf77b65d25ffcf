using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

/// <summary>
/// How well anybody can tell whether a patient's data went into some releases: the ceiling that their privacy puts on
/// the true positive rate of membership inference at each false positive rate.
/// </summary>
/// <remarks>
/// Wasserman and Zhou, "A Statistical Framework for Differential Privacy", JASA 105, 2010; Dong, Roth and Su, "Gaussian
/// Differential Privacy", 2019, propositions 2.5 and 2.12. For Gaussian releases in which everyone takes part the
/// ceiling is Φ(Φ⁻¹(FPR) + μ). For others it is the lower envelope of the lines TPR = e^ε·FPR + δ(ε) and
/// 1 − FPR = e^ε·(1 − TPR) + δ'(ε), δ for removing the patient and δ' for adding one, ε ≥ 0. A grid of lines is taken,
/// so the ceiling lies slightly above the exact curve and never below.
/// </remarks>
public sealed class TradeOffCurve
{
    private const int Lines = 24;

    // The last line of the grid lies where δ is this: flatter ones matter only at smaller false positive rates.
    private const double LeastDelta = 1e-5;

    // Narrower than the lines of the grid lie from one another.
    private const double Width = 0.01;

    private readonly double? _mu;
    private readonly List<(double Epsilon, double Removal, double Addition)> _lines = [];

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

        IReadOnlyList<IReadOnlyList<(DominatingPair, int)>> directions = releases.Directions()
            ?? throw new ArgumentException("A release has no known loss distribution.", nameof(releases));
        double last = PrivacyLossAccountant.Epsilon(releases, LeastDelta)!.Value.Upper;
        for (int line = 0; line < Lines; line++)
        {
            // Squares of even steps: most lines where the curve bends most, at small ε.
            double share = line / (Lines - 1.0);
            double epsilon = last * share * share;
            double removal = PrivacyLossAccountant.UpperDelta(directions[0], epsilon, Width);
            double addition = directions.Count == 1
                ? removal
                : PrivacyLossAccountant.UpperDelta(directions[1], epsilon, Width);
            _lines.Add((epsilon, removal, addition));
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

        double ceiling = 1;
        foreach ((double epsilon, double removal, double addition) in _lines)
        {
            double ratio = Math.Exp(epsilon);
            ceiling = Math.Min(ceiling, (ratio * falsePositiveRate) + removal);
            ceiling = Math.Min(ceiling, 1 - Math.Max(0, (1 - falsePositiveRate - addition) / ratio));
        }

        return ceiling;
    }
}
