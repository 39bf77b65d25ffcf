namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>Quadrature over an interval cut into equal panels, five nodes of Gauss and Legendre in each.</summary>
internal static class GaussLegendre
{
    // Abramowitz and Stegun, "Handbook of Mathematical Functions", table 25.4, n = 5, on [−1, 1].
    private static readonly (double Node, double Weight)[] Rule =
    [
        (-0.906179845938663993, 0.236926885056189088),
        (-0.538469310105683091, 0.478628670499366468),
        (0, 0.568888888888888889),
        (0.538469310105683091, 0.478628670499366468),
        (0.906179845938663993, 0.236926885056189088),
    ];

    /// <summary>Nodes and weights in ascending order; none where the interval is empty.</summary>
    /// <param name="widest">Widest panel.</param>
    public static IEnumerable<(double Node, double Weight)> Panels(double from, double to, double widest)
    {
        if (!(to > from))
        {
            yield break;
        }

        long panels = (long)Math.Ceiling((to - from) / widest);
        double half = (to - from) / (2 * panels);
        for (long panel = 0; panel < panels; panel++)
        {
            double centre = from + (((2 * panel) + 1) * half);
            foreach ((double node, double weight) in Rule)
            {
                yield return (centre + (half * node), half * weight);
            }
        }
    }
}
