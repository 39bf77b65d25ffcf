namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>The cumulant function of several releases together, and the tilts that it tells.</summary>
internal sealed class CumulantSum(IReadOnlyList<(CumulantFunction Loss, int Count)> parts)
{
    // ln θ is looked for between −Range and Range; so many steps end within 1e-6 of it.
    private const double Range = 12;
    private const int SearchSteps = 36;

    // By how many nats the tilted mass beyond ε may fall short of what the best tilt would give.
    private const double Short = 5;

    // By how much less than Chernoff's bound ε is taken to be: what an answer may be off by anyway.
    private const double AboveEpsilon = PrivacyLossAccountant.Width;
    private const double PartAboveEpsilon = PrivacyLossAccountant.RelativeWidth;

    /// <summary>The parts themselves.</summary>
    public IReadOnlyList<(CumulantFunction Loss, int Count)> Parts => parts;

    /// <summary>K(θ) of all together.</summary>
    public double At(double tilt) => parts.Sum(part => part.Count * part.Loss.At(tilt));

    /// <summary>A tilt that moves the loss towards the ε of <paramref name="delta"/>, far enough.</summary>
    /// <remarks>
    /// Chernoff: δ(ε) ≤ e^(K(θ) − θε), so ε ≤ (K(θ) − ln δ)/θ; where that is least, K′(θ) = ε. The bound is a little
    /// above the true ε. Where the highest loss of all is likelier than δ, the difference decides: the bound is that
    /// loss, at an infinite tilt.
    /// </remarks>
    public double TiltOfDelta(double delta)
    {
        (_, double epsilon) = GoldenSection.Minimum(
            log => (At(Math.Exp(log)) - Math.Log(delta)) / Math.Exp(log), -Range, Range, SearchSteps);
        return TiltOfEpsilon(epsilon - Math.Min(AboveEpsilon, PartAboveEpsilon * Math.Abs(epsilon)));
    }

    /// <summary>A tilt that moves the loss towards <paramref name="epsilon"/>, far enough.</summary>
    /// <remarks>
    /// The least tilt that comes near the best bound: the tilted mass beyond ε is then still enormous against rounding
    /// errors.
    /// </remarks>
    public double TiltOfEpsilon(double epsilon)
    {
        (double high, double best) = GoldenSection.Minimum(Bound, -Range, Range, SearchSteps);
        double low = -Range;
        for (int step = 0; step < SearchSteps; step++)
        {
            double middle = (low + high) / 2;
            (low, high) = Bound(middle) > best + Short ? (middle, high) : (low, middle);
        }

        return Math.Exp(high);

        double Bound(double logTilt) => At(Math.Exp(logTilt)) - (Math.Exp(logTilt) * epsilon);
    }

    /// <summary>Deviation of the tilted loss.</summary>
    public double Deviation(double tilt) => Math.Sqrt(parts.Sum(part => part.Count * part.Loss.Variance(tilt)));

    /// <summary>The same with every loss cut where exceeding it is rare.</summary>
    /// <param name="probability">How rare, for one release.</param>
    public CumulantSum CutAt(double probability) =>
        new([.. parts.Select(part => (part.Loss.CutAt(part.Loss.UpperQuantile(probability)), part.Count))]);
}
