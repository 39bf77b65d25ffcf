namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>Laplace noise on a statistic.</summary>
/// <param name="scale">The scale b over the L1 sensitivity.</param>
public sealed class LaplaceMechanism(double scale) : PrivacyMechanism
{
    private readonly LaplacePair _pair = new(Positive(scale, nameof(scale)));

    /// <summary>The scale b over the L1 sensitivity.</summary>
    public double Scale => scale;

    internal override IReadOnlyList<DominatingPair> DominatingPairs => [_pair];

    // Mironov 2017, proposition 6: ln(α/(2α − 1)·e^((α − 1)/b) + (α − 1)/(2α − 1)·e^(−α/b))/(α − 1).
    private protected override double RenyiDivergenceOf(double order)
    {
        double larger = Math.Log(order / ((2 * order) - 1)) + ((order - 1) / scale);
        double smaller = Math.Log((order - 1) / ((2 * order) - 1)) - (order / scale);
        return (larger + NearOne.LogOnePlus(Math.Exp(smaller - larger))) / (order - 1);
    }
}
