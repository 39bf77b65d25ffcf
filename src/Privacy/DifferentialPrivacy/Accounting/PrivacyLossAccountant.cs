namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>ε and δ of a composition by its privacy loss distribution, from below and from above.</summary>
/// <remarks>
/// <para>Sommer, Meiser and Mohammadi, "Privacy Loss Classes", PoPETs 2019; Koskela, Jälkö and Honkela, "Computing
/// Tight Differential Privacy Guarantees Using FFT", AISTATS 2020. The loss of a release is put on a grid from above
/// and from below (<see cref="LossGrid"/>), composed by Fourier transform (<see cref="TiltedLosses"/>), and the two
/// results hold the truth between them. Neighbours differ by one patient, added or removed: ε is the larger of both
/// directions, the same in every release.</para>
/// <para>The grid starts coarser than its error formula asks for. What the bounds then differ by tells, as the square
/// of the step, which step is fine enough; and a direction that does not decide is done with. Rounding errors of the
/// arithmetic are not tracked one by one: both bounds are taken at a δ moved outwards by <see cref="RelativeSlack"/>,
/// orders of magnitude more than they come to.</para>
/// </remarks>
public static class PrivacyLossAccountant
{
    /// <summary>How far apart the bounds of ε may be when nothing else is asked for.</summary>
    public const double Width = 1e-3;

    /// <summary>How far apart two bounds may be as a part of the upper one.</summary>
    public const double RelativeWidth = 0.01;

    /// <summary>By what part of itself δ is moved outwards for the rounding errors of double arithmetic.</summary>
    public const double RelativeSlack = 1e-7;

    /// <summary>Smallest δ that ε is found for; what is left out of the grid must still be a number.</summary>
    public const double LeastDelta = 1e-100;

    // The part of the width that a grid is laid out for; the formula is an estimate.
    private const double Planned = 0.7;

    // How much coarser the first grid is, and by how much a grid is made finer at once.
    private const double Coarser = 4;
    private const double LeastRefinement = 1.4;
    private const double MostRefinement = 5;

    // If the bounds still differ then, both are given as they are.
    private const int Attempts = 8;

    /// <summary>Bounds of the smallest ε at <paramref name="delta"/>.</summary>
    /// <param name="composition">The releases; null comes back where no distribution of one is known.</param>
    /// <param name="delta">δ, from <see cref="LeastDelta"/> on and below one.</param>
    /// <param name="width">How far apart the bounds may be, unless <see cref="RelativeWidth"/> is less.</param>
    /// <exception cref="ArgumentOutOfRangeException">δ is outside that range.</exception>
    public static EpsilonBounds? Epsilon(PrivacyComposition composition, double delta, double width = Width)
    {
        ArgumentNullException.ThrowIfNull(composition);
        ArgumentOutOfRangeException.ThrowIfLessThan(delta, LeastDelta);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(delta, 1);
        if (composition.Directions() is not { } directions)
        {
            return null;
        }

        EpsilonBounds both = new(0, 0);
        foreach (IReadOnlyList<(DominatingPair Pair, int Count)> direction in directions)
        {
            EpsilonBounds bounds = Epsilon(LossComposition.OfDelta(direction, delta), delta, width, both.Upper);
            both = new EpsilonBounds(Math.Max(both.Lower, bounds.Lower), Math.Max(both.Upper, bounds.Upper));
        }

        return both;
    }

    /// <summary>Bounds of the smallest δ at <paramref name="epsilon"/>.</summary>
    /// <param name="composition">The releases; null comes back where no distribution of one is known.</param>
    /// <param name="epsilon">ε, zero or more.</param>
    public static DeltaBounds? Delta(PrivacyComposition composition, double epsilon)
    {
        ArgumentNullException.ThrowIfNull(composition);
        ArgumentOutOfRangeException.ThrowIfNegative(epsilon);
        if (composition.Directions() is not { } directions)
        {
            return null;
        }

        DeltaBounds both = new(0, 0);
        foreach (IReadOnlyList<(DominatingPair Pair, int Count)> direction in directions)
        {
            DeltaBounds bounds = Delta(LossComposition.OfEpsilon(direction, epsilon), epsilon, both.Upper);
            both = new DeltaBounds(Math.Max(both.Lower, bounds.Lower), Math.Max(both.Upper, bounds.Upper));
        }

        return both;
    }

    /// <summary>An upper bound of δ in one of the directions of a composition, from one grid.</summary>
    /// <param name="width">How far above the ε of the same δ it may lie, about.</param>
    internal static double UpperDelta(
        IReadOnlyList<(DominatingPair Pair, int Count)> direction, double epsilon, double width)
    {
        LossComposition losses = LossComposition.OfEpsilon(direction, epsilon);
        double delta = losses.Compose(losses.StepFor(width), LossBound.Upper).Delta(epsilon) * (1 + RelativeSlack);
        return Math.Min(delta, Math.Exp(losses.LogDelta));
    }

    // A direction whose upper bound lies below that of another need not be any narrower.
    private static EpsilonBounds Epsilon(LossComposition losses, double delta, double width, double other)
    {
        double step = Coarser * losses.StepFor(Planned * width);
        EpsilonBounds bounds = new(0, losses.Highest);
        double enough = width;
        for (int attempt = 0; attempt < Attempts && bounds.Upper - bounds.Lower > enough; attempt++)
        {
            double upper = 0;
            double lower = 0;
            double h = step;
            Parallel.Invoke(
                () => upper = losses.Compose(h, LossBound.Upper).Epsilon(delta * (1 - RelativeSlack)),
                () => lower = losses.Compose(h, LossBound.Lower).Epsilon(delta * (1 + RelativeSlack)));
            step /= Refinement(upper - lower, Planned * enough);
            lower = Math.Max(bounds.Lower, lower);
            bounds = new EpsilonBounds(lower, Math.Max(lower, Math.Min(bounds.Upper, upper)));
            enough = bounds.Upper <= other ? double.PositiveInfinity : Math.Min(width, RelativeWidth * bounds.Upper);
        }

        return bounds;
    }

    // The width goes with the square of the step. Bounds of nothing, on a grid far too coarse, tell no more than that.
    private static double Refinement(double width, double planned) => width > planned && double.IsFinite(width)
        ? Math.Clamp(Math.Sqrt(width / planned), LeastRefinement, MostRefinement)
        : width > planned ? MostRefinement : LeastRefinement;

    private static DeltaBounds Delta(LossComposition losses, double epsilon, double other)
    {
        DeltaBounds bounds = new(0, Math.Exp(losses.LogDelta));
        double step = losses.StepFor(Planned * Width);
        for (int attempt = 0; attempt < Attempts && !IsEnough(bounds); attempt++, step /= 2)
        {
            double upper = losses.Compose(step, LossBound.Upper).Delta(epsilon) * (1 + RelativeSlack);
            bounds = new DeltaBounds(bounds.Lower, Math.Min(bounds.Upper, upper));
            if (!IsEnough(bounds))
            {
                double lower = losses.Compose(step, LossBound.Lower).Delta(epsilon) * (1 - RelativeSlack);
                bounds = new DeltaBounds(Math.Max(bounds.Lower, lower), bounds.Upper);
            }
        }

        return bounds;

        bool IsEnough(DeltaBounds found) => found.Upper <= Math.Max(other, LeastDelta)
            || found.Upper - found.Lower <= RelativeWidth * found.Upper;
    }
}
