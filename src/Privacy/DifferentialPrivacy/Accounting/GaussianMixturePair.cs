namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>
/// Σ p_i·N(μ_i, 1) against N(0, 1), no μ_i below zero: the loss at z is ln Σ p_i·e^(μ_i·z − μ_i²/2), and rises with z.
/// </summary>
internal sealed class GaussianMixturePair : DominatingPair
{
    /// <summary>Beyond it a normal density is below the smallest double.</summary>
    private const double Reach = 38.5;

    /// <summary>Widest panel in units of min(1, 1/μ), as for <see cref="GaussianPair"/>.</summary>
    private const double PanelWidth = 0.25;

    // Newton's steps on a convex function from the left: one overshoots, the rest close in from the right.
    private const int NewtonSteps = 60;
    private const double Close = 1e-13;

    private readonly double[] _shifts;
    private readonly double[] _logWeights;
    private readonly double _largest;

    /// <param name="shifts">μ_i, none negative, at least one positive.</param>
    /// <param name="probabilities">p_i, positive, together one.</param>
    public GaussianMixturePair(IReadOnlyList<double> shifts, IReadOnlyList<double> probabilities)
    {
        _shifts = [.. shifts];
        _logWeights = [.. probabilities.Zip(shifts, (p, mu) => Math.Log(p) - (mu * mu / 2))];
        _largest = _shifts.Max();
    }

    public override List<LossAtom> Atoms(ReadOnlySpan<double> boundaries)
    {
        List<LossAtom> atoms = new(5 * (boundaries.Length + 400));
        double from = -Reach;
        double end = _largest + Reach;
        foreach (double boundary in boundaries)
        {
            double to = PlaceOf(boundary, from, end);
            AddPanels(atoms, from, to);
            from = to;
        }

        AddPanels(atoms, from, end);
        return atoms;
    }

    private void AddPanels(List<LossAtom> atoms, double from, double to)
    {
        foreach ((double z, double weight) in GaussLegendre.Panels(from, to, PanelWidth * Math.Min(1, 1 / _largest)))
        {
            (double loss, _) = LossAndSlope(z);
            double logQ = (-z * z / 2) - (Math.Log(2 * Math.PI) / 2);
            atoms.Add(new LossAtom(loss, weight * Math.Exp(logQ + loss), weight * Math.Exp(logQ)));
        }
    }

    // Where the loss reaches the boundary, between the ends.
    private double PlaceOf(double boundary, double from, double end)
    {
        if (LossAndSlope(from).Loss >= boundary)
        {
            return from;
        }

        if (LossAndSlope(end).Loss <= boundary)
        {
            return end;
        }

        double z = from;
        for (int step = 0; step < NewtonSteps; step++)
        {
            (double loss, double slope) = LossAndSlope(z);
            double next = Math.Clamp(z - ((loss - boundary) / slope), from, end);
            if (!(Math.Abs(next - z) > Close * Math.Max(1, Math.Abs(z))))
            {
                return next;
            }

            z = next;
        }

        return z;
    }

    private (double Loss, double Slope) LossAndSlope(double z)
    {
        double largest = double.NegativeInfinity;
        for (int i = 0; i < _shifts.Length; i++)
        {
            largest = Math.Max(largest, _logWeights[i] + (_shifts[i] * z));
        }

        double sum = 0;
        double moment = 0;
        for (int i = 0; i < _shifts.Length; i++)
        {
            double term = Math.Exp(_logWeights[i] + (_shifts[i] * z) - largest);
            sum += term;
            moment += term * _shifts[i];
        }

        return (largest + Math.Log(sum), moment / sum);
    }
}
