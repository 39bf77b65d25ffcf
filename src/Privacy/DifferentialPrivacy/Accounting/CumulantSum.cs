namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>The cumulant function of several releases together, and where it says that their loss lies.</summary>
internal sealed class CumulantSum(IReadOnlyList<(CumulantFunction Loss, int Count)> parts)
{
    // ln of the tilted mass that may lie outside a window on either side: far below what doubles can tell.
    private const double LogOutside = -45;

    // ln θ is looked for in this range, and the exponent of a Chernoff bound within so many powers of e of the inverse
    // deviation; a search of so many steps ends within 1e-6 of it.
    private const double Range = 12;
    private const int SearchSteps = 36;

    /// <summary>The parts themselves.</summary>
    public IReadOnlyList<(CumulantFunction Loss, int Count)> Parts => parts;

    /// <summary>K(θ) of all together.</summary>
    public double At(double tilt) => parts.Sum(part => part.Count * part.Loss.At(tilt));

    /// <summary>The tilt that moves the loss to the ε of <paramref name="delta"/>.</summary>
    /// <remarks>Chernoff: δ(ε) ≤ e^(K(θ) − θε), so ε ≤ (K(θ) − ln δ)/θ; where that is least, K′(θ) = ε.</remarks>
    public double TiltOfDelta(double delta) => Math.Exp(GoldenSection.Minimum(
        log => (At(Math.Exp(log)) - Math.Log(delta)) / Math.Exp(log), -Range, Range, SearchSteps).At);

    /// <summary>The tilt that moves the loss to <paramref name="epsilon"/>.</summary>
    public double TiltOfEpsilon(double epsilon) => Math.Exp(GoldenSection.Minimum(
        log => At(Math.Exp(log)) - (Math.Exp(log) * epsilon), -Range, Range, SearchSteps).At);

    /// <summary>A window of losses that holds all of the tilted mass but a negligible part.</summary>
    public (double Lowest, double Highest) Window(double tilt)
    {
        double here = At(tilt);
        double mean = parts.Sum(part => part.Count * part.Loss.Tilted(tilt).Mean);
        double variance = parts.Sum(part => part.Count * part.Loss.Tilted(tilt).Variance);
        if (variance == 0)
        {
            return (mean, mean);
        }

        // Chernoff on either side: ln Pr[loss > b] ≤ K(θ + λ) − K(θ) − λb.
        double scale = -Math.Log(variance) / 2;
        double above = Least(lambda => (At(tilt + lambda) - here - LogOutside) / lambda, scale);
        double below = Least(lambda => (At(tilt - lambda) - here - LogOutside) / lambda, scale);
        return (-below, above);
    }

    private static double Least(Func<double, double> bound, double scale) => GoldenSection.Minimum(
        log => bound(Math.Exp(log)), scale - Range, scale + Range, SearchSteps).Value;
}
