namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>What one hospital has spent in one study.</summary>
/// <remarks>
/// Every patient takes part in every release (full batch, no subsampling), so the composition is exact:
/// see <see cref="GaussianComposition"/> for the sum and <see cref="DiscreteGaussianSlack"/> for the price of the grid.
/// Not safe for concurrent use.
/// </remarks>
public sealed class GaussianAccountant
{
    private readonly double _delta;
    private double _squaredMu;
    private double _slack;
    private double _rho;

    /// <param name="delta">The δ at which ε is reported, above zero and below one.</param>
    public GaussianAccountant(double delta)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(delta);
        _delta = new PrivacyBudget(0, delta).Delta;
    }

    /// <summary>ε spent so far at this accountant's δ; infinite once the slack of the grid has used up δ.</summary>
    public PrivacyBudget Spent => new(
        _rho > 0 && _slack < _delta
            ? ZeroConcentratedPrivacy.Epsilon(_rho + (_squaredMu / 2), _delta - _slack)
            : _slack < _delta ? GaussianComposition.Epsilon(Math.Sqrt(_squaredMu), _delta - _slack)
            : _squaredMu == 0 ? 0 : double.PositiveInfinity,
        _delta);

    /// <summary>Books one release, which must happen only after it is booked.</summary>
    /// <param name="noiseMultiplier">σ over the L2 sensitivity of the release.</param>
    /// <param name="coordinates">Integers released.</param>
    /// <param name="sigmaGrid">The same σ in grid units.</param>
    public void Spend(double noiseMultiplier, long coordinates, double sigmaGrid)
    {
        double mu = GaussianComposition.TotalMu(noiseMultiplier, steps: 1);
        double slack = DiscreteGaussianSlack.Of(coordinates, sigmaGrid);
        _squaredMu += mu * mu;
        _slack += slack;
    }

    /// <summary>
    /// Books one release on a coarse grid, as zero-concentrated: it costs somewhat more and needs no fine grid.
    /// </summary>
    /// <remarks>
    /// From then on everything is composed as zCDP; a Gaussian mechanism of ratio μ counts as ρ = μ²/2.
    /// </remarks>
    /// <param name="noiseMultiplier">σ over the L2 sensitivity, both of the integers that are released.</param>
    public void SpendConcentrated(double noiseMultiplier)
    {
        double mu = GaussianComposition.TotalMu(noiseMultiplier, steps: 1);
        _rho += mu * mu / 2;
    }
}
