namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>
/// Releases that one patient's data have gone into, adaptively chosen or not, of one study or of several.
/// </summary>
public sealed class PrivacyComposition
{
    private readonly List<(PrivacyMechanism Mechanism, int Count)> _parts = [];

    /// <summary>The releases, in the order in which they were added.</summary>
    public IReadOnlyList<(PrivacyMechanism Mechanism, int Count)> Parts => _parts;

    /// <summary><paramref name="count"/> releases of one mechanism and nothing else.</summary>
    public static PrivacyComposition Of(PrivacyMechanism mechanism, int count) =>
        new PrivacyComposition().Add(mechanism, count);

    /// <summary>Adds <paramref name="count"/> releases of <paramref name="mechanism"/>.</summary>
    /// <returns>This composition.</returns>
    public PrivacyComposition Add(PrivacyMechanism mechanism, int count)
    {
        ArgumentNullException.ThrowIfNull(mechanism);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (count > 0)
        {
            _parts.Add((mechanism, count));
        }

        return this;
    }

    /// <summary>
    /// μ of the one Gaussian mechanism that all releases together are, exactly; null where one of them is sampled or
    /// not Gaussian.
    /// </summary>
    /// <remarks>Dong, Roth and Su 2019, corollary 3.3; for its ε see <see cref="GaussianComposition"/>.</remarks>
    public double? GaussianMu
    {
        get
        {
            double squared = 0;
            foreach ((PrivacyMechanism mechanism, int count) in _parts)
            {
                if (mechanism.GaussianMu is not { } mu)
                {
                    return null;
                }

                squared += count * mu * mu;
            }

            return Math.Sqrt(squared);
        }
    }

    /// <summary>
    /// The dominating pairs for removing a patient and for adding one, where they differ; null where a mechanism has
    /// none.
    /// </summary>
    /// <remarks>All Gaussian releases that everyone takes part in are one release.</remarks>
    internal IReadOnlyList<IReadOnlyList<(DominatingPair Pair, int Count)>>? Directions()
    {
        List<(DominatingPair, int)> removal = [];
        List<(DominatingPair, int)> addition = [];
        double squaredMu = 0;
        bool differ = false;
        foreach ((PrivacyMechanism mechanism, int count) in _parts)
        {
            IReadOnlyList<DominatingPair> pairs = mechanism.DominatingPairs;
            if (pairs.Count == 0)
            {
                return null;
            }

            if (mechanism.GaussianMu is { } mu)
            {
                squaredMu += count * mu * mu;
                continue;
            }

            removal.Add((pairs[0], count));
            addition.Add((pairs[^1], count));
            differ |= pairs.Count > 1;
        }

        if (squaredMu > 0)
        {
            GaussianPair gaussian = new(Math.Sqrt(squaredMu));
            removal.Add((gaussian, 1));
            addition.Add((gaussian, 1));
        }

        return removal.Count == 0 ? [] : differ ? [removal, addition] : [removal];
    }
}
