namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>Laplace noise of scale b on a statistic of sensitivity one.</summary>
/// <remarks>
/// With P at 0 and Q at 1 the loss at x is (|x − 1| − |x|)/b. Outside [0, 1] it is constant: two atoms, at ±1/b.
/// Inside, it is (1 − 2x)/b and P has density exp(−x/b)/(2b): exp((loss − 1/b)/2)/4 per unit of loss.
/// </remarks>
internal sealed class LaplacePair(double scale) : DominatingPair
{
    /// <summary>Widest panel: five nodes integrate an exponential over it to full precision.</summary>
    private const double PanelWidth = 0.25;

    public override List<LossAtom> Atoms(ReadOnlySpan<double> boundaries)
    {
        double largest = 1 / scale;
        double tail = Math.Exp(-largest) / 2;
        List<LossAtom> atoms = [new LossAtom(-largest, tail, 0.5)];
        double from = -largest;
        foreach (double boundary in boundaries)
        {
            double to = Math.Clamp(boundary, from, largest);
            AddPanels(atoms, from, to);
            from = to;
        }

        AddPanels(atoms, from, largest);
        atoms.Add(new LossAtom(largest, 0.5, tail));
        return atoms;
    }

    private void AddPanels(List<LossAtom> atoms, double from, double to)
    {
        foreach ((double loss, double weight) in GaussLegendre.Panels(from, to, PanelWidth))
        {
            double p = weight * Math.Exp((loss - (1 / scale)) / 2) / 4;
            atoms.Add(new LossAtom(loss, p, p * Math.Exp(-loss)));
        }
    }
}
