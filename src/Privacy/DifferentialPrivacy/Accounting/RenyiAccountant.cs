namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>ε of a composition by Rényi differential privacy: divergences of one order add up.</summary>
/// <remarks>
/// Mironov, "Rényi Differential Privacy", CSF 2017, proposition 1. The result is an upper bound at every order, so the
/// least over any list of orders is one; another list gives another bound.
/// </remarks>
public static class RenyiAccountant
{
    /// <summary>
    /// 1.1 to 10.9 by tenths and 12 to 63: what Opacus tries, and what published figures were taken at.
    /// </summary>
    public static IReadOnlyList<double> OpacusOrders { get; } =
        [.. Enumerable.Range(11, 99).Select(tenth => tenth / 10.0), .. Enumerable.Range(12, 52).Select(i => (double)i)];

    /// <summary>The list of dp_accounting: Opacus' and 11, 128, 256, 512 and 1024.</summary>
    public static IReadOnlyList<double> DpAccountingOrders { get; } =
    [
        .. Enumerable.Range(11, 99).Select(tenth => tenth / 10.0), .. Enumerable.Range(11, 53).Select(i => (double)i),
        128, 256, 512, 1024,
    ];

    /// <summary>The least ε over <paramref name="orders"/>, and the order that gives it.</summary>
    /// <param name="composition">The releases.</param>
    /// <param name="delta">δ, above zero and below one.</param>
    /// <param name="orders">Orders above one; <see cref="OpacusOrders"/> when left out.</param>
    /// <param name="conversion">From divergence to ε.</param>
    /// <exception cref="ArgumentOutOfRangeException">δ is not above zero and below one.</exception>
    public static RenyiEpsilon Epsilon(
        PrivacyComposition composition,
        double delta,
        IReadOnlyList<double>? orders = null,
        RenyiConversion conversion = RenyiConversion.Canonne)
    {
        ArgumentNullException.ThrowIfNull(composition);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(delta);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(delta, 1);
        RenyiEpsilon best = new(double.PositiveInfinity, double.NaN);
        foreach (double order in orders ?? OpacusOrders)
        {
            double divergence = composition.Parts.Sum(part => part.Count * part.Mechanism.RenyiDivergence(order));
            double epsilon = Math.Max(0, Convert(divergence, order, delta, conversion));
            if (epsilon < best.Epsilon)
            {
                best = new RenyiEpsilon(epsilon, order);
            }
        }

        return best;
    }

    private static double Convert(double divergence, double order, double delta, RenyiConversion conversion) =>
        conversion == RenyiConversion.Mironov
            ? divergence - (Math.Log(delta) / (order - 1))
            : divergence + NearOne.LogOnePlus(-1 / order) - (Math.Log(delta * order) / (order - 1));
}
