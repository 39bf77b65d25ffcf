namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>
/// N(μ, 1) against N(0, 1): the Gaussian mechanism with μ = sensitivity/σ. The loss at z is μz − μ²/2.
/// </summary>
internal sealed class GaussianPair(double mu) : DominatingPair
{
    /// <summary>Beyond it a normal density is below the smallest double.</summary>
    private const double Reach = 38.5;

    /// <summary>
    /// Widest panel in units of min(1, 1/μ), so that five nodes integrate a density times powers of exp(loss) to full
    /// precision.
    /// </summary>
    private const double PanelWidth = 0.25;

    public override List<LossAtom> Atoms(ReadOnlySpan<double> boundaries)
    {
        List<LossAtom> atoms = new(5 * (boundaries.Length + 400));
        double from = -Reach;
        double end = mu + Reach;
        foreach (double boundary in boundaries)
        {
            double to = Math.Clamp((boundary / mu) + (mu / 2), from, end);
            AddPanels(atoms, from, to);
            from = to;
        }

        AddPanels(atoms, from, end);
        return atoms;
    }

    private static double Density(double z) => Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);

    private void AddPanels(List<LossAtom> atoms, double from, double to)
    {
        foreach ((double z, double weight) in GaussLegendre.Panels(from, to, PanelWidth * Math.Min(1, 1 / mu)))
        {
            atoms.Add(new LossAtom(mu * (z - (mu / 2)), weight * Density(z - mu), weight * Density(z)));
        }
    }
}
