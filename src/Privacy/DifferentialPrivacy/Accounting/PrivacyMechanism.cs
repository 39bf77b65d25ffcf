namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>One release of a mechanism, as the accountants see it. Neighbours differ by one patient.</summary>
public abstract class PrivacyMechanism
{
    private protected PrivacyMechanism()
    {
    }

    /// <summary>
    /// The Rényi divergence of order α (Mironov, "Rényi Differential Privacy", 2017), or an upper bound where the
    /// mechanism says so; infinite where the order is out of its theorem's reach.
    /// </summary>
    /// <param name="order">α, above one and finite.</param>
    /// <exception cref="ArgumentOutOfRangeException">The order is not above one and finite.</exception>
    public double RenyiDivergence(double order)
    {
        if (!(order > 1) || double.IsInfinity(order))
        {
            throw new ArgumentOutOfRangeException(nameof(order), order, "An order is above one and finite.");
        }

        return RenyiDivergenceOf(order);
    }

    /// <summary>μ for a Gaussian mechanism that everyone takes part in, else null.</summary>
    internal virtual double? GaussianMu => null;

    /// <summary>
    /// The dominating pairs, one for removing a patient and, where it differs, one for adding; empty where none is
    /// known that is not far from the truth.
    /// </summary>
    internal virtual IReadOnlyList<DominatingPair> DominatingPairs => [];

    private protected abstract double RenyiDivergenceOf(double order);

    private protected static double Positive(double value, string name) => value > 0 && double.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, $"{name} is a number above zero.");
}
