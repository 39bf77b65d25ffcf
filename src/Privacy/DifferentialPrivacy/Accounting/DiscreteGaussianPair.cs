namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>The discrete Gaussian N_Z(0, σ²) on one integer, against itself shifted by the sensitivity.</summary>
/// <remarks>
/// Canonne, Kamath and Steinke, "The Discrete Gaussian for Differential Privacy", NeurIPS 2020. An integer x has
/// probability exp(−x²/2σ²)/N, and an integer shift keeps the normaliser N, so the loss at x is (2xΔ − Δ²)/2σ² with P
/// at Δ.
/// </remarks>
/// <param name="sigma">σ in integer units.</param>
/// <param name="sensitivity">Δ, a positive integer.</param>
internal sealed class DiscreteGaussianPair(double sigma, int sensitivity) : DominatingPair
{
    /// <summary>Beyond so many σ a probability is below the smallest double.</summary>
    private const double Reach = 38.5;

    public override List<LossAtom> Atoms(ReadOnlySpan<double> boundaries)
    {
        int reach = (int)Math.Ceiling(Reach * sigma);
        double normaliser = 0;
        for (int x = -reach; x <= reach; x++)
        {
            normaliser += Weight(x);
        }

        List<LossAtom> atoms = new((2 * reach) + sensitivity + 1);
        for (int x = -reach; x <= reach + sensitivity; x++)
        {
            double loss = ((2.0 * x) - sensitivity) * sensitivity / (2 * sigma * sigma);
            atoms.Add(new LossAtom(loss, Weight(x - sensitivity) / normaliser, Weight(x) / normaliser));
        }

        return atoms;
    }

    private double Weight(double x) => Math.Exp(-x * x / (2 * sigma * sigma));
}
