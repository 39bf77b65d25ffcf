namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>
/// Releases in one direction, and how their losses are composed once it is known which are of interest.
/// </summary>
internal sealed class LossComposition
{
    // Points of a result up to which it is composed at once. Beyond, releases are composed in groups of f² on the fine
    // grid and the groups on one whose step is f times as long, and so on: a group on its grid errs as much as its
    // releases did on theirs, and all grids are of about the same length. (Ghazi et al., "Faster Privacy Accounting via
    // Evolving Discretization", ICML 2022, whose groups are of two.)
    private const int PointsAtOnce = 1 << 19;
    private const int Factor = 4;
    private const int GroupSize = Factor * Factor;

    // What part of δ may be left to infinite losses or left out above a window, and what tilted mass below the grid.
    // The part is small enough even where Chernoff's bound stands for δ.
    private const double PartOfDelta = 1e-11;
    private const double TiltedBelow = 1e-18;

    // A window's length in deviations, to decide on groups.
    private const double Deviations = 20;

    private const int Cuts = 4;

    private readonly IReadOnlyList<(DominatingPair Pair, int Count)> _parts;
    private readonly CumulantSum _cumulants;
    private readonly double _tilt;
    private readonly double _logNegligible;

    private LossComposition(
        IReadOnlyList<(DominatingPair Pair, int Count)> parts, CumulantSum cumulants, double tilt, double logDelta)
    {
        _parts = parts;
        LogDelta = logDelta;
        _logNegligible = logDelta + Math.Log(PartOfDelta / Count);
        _cumulants = cumulants;
        _tilt = tilt;
    }

    /// <summary>ln δ, or Chernoff's upper bound of it where ε is given.</summary>
    public double LogDelta { get; }

    /// <summary>A loss that is exceeded with a negligible part of δ only: an upper bound of ε.</summary>
    public double Highest => _cumulants.Parts.Sum(part => part.Count * part.Loss.Highest);

    private int Count => _parts.Sum(part => part.Count);

    /// <summary>Laid out for the ε of <paramref name="delta"/>.</summary>
    public static LossComposition OfDelta(IReadOnlyList<(DominatingPair Pair, int Count)> parts, double delta)
    {
        CumulantSum cut = CutFor(Math.Log(delta), CumulantsOf(parts));
        return new LossComposition(parts, cut, cut.TiltOfDelta(delta), Math.Log(delta));
    }

    /// <summary>Laid out for the δ of <paramref name="epsilon"/>.</summary>
    public static LossComposition OfEpsilon(IReadOnlyList<(DominatingPair Pair, int Count)> parts, double epsilon)
    {
        // Every cut allows a better bound of δ, which allows another cut.
        CumulantSum cumulants = CumulantsOf(parts);
        CumulantSum cut = cumulants;
        double tilt = 0;
        double logDelta = 0;
        for (int round = 0; round < Cuts; round++)
        {
            tilt = cut.TiltOfEpsilon(epsilon);
            logDelta = Math.Min(0, cut.At(tilt) - (tilt * epsilon));
            cut = CutFor(logDelta, cumulants);
        }

        return new LossComposition(parts, cut, tilt, logDelta);
    }

    /// <summary>The step whose bounds of ε are expected to lie <paramref name="width"/> apart.</summary>
    /// <remarks>
    /// Twice the error that <see cref="LossGrid"/> states, once for either side; and no longer than the losses
    /// themselves are.
    /// </remarks>
    public double StepFor(double width)
    {
        double step = Math.Sqrt(6 * width / (Count * (1 + _tilt)));
        double deviation = _cumulants.Deviation(_tilt) / Math.Sqrt(Count);
        return deviation > 0 ? Math.Min(step, deviation) : step;
    }

    /// <summary>The loss of all releases together.</summary>
    public TiltedLosses Compose(double step, LossBound bound)
    {
        double window = Deviations * _cumulants.Deviation(_tilt);
        double fine = step;
        int levels = 0;
        int groups = _parts.Max(part => part.Count);
        while (window / (fine * Math.Pow(Factor, levels)) > PointsAtOnce && groups >= GroupSize)
        {
            levels++;
            groups /= GroupSize;
            fine = step / Math.Sqrt(levels + 1);
        }

        List<(TiltedLosses Losses, int Count)> losses = [];
        for (int part = 0; part < _parts.Count; part++)
        {
            losses.AddRange(Grouped(part, fine, levels, bound));
        }

        return TiltedLosses.Compose(losses, _logNegligible);
    }

    // Groups of groups of releases, and what no group was full with, all on the last grid.
    private List<(TiltedLosses Losses, int Count)> Grouped(int part, double step, int levels, LossBound bound)
    {
        CumulantFunction loss = _cumulants.Parts[part].Loss;
        double lowest = loss.TiltedLowerQuantile(_tilt, TiltedBelow / Count);
        TiltedLosses group = LossGrid.Place(
            _parts[part].Pair, _tilt, bound, step, lowest, loss.Highest, untilHighest: _parts.Count == 1);
        int count = _parts[part].Count;
        List<TiltedLosses> rest = [];
        for (int level = 0; level < levels; level++)
        {
            if (count % GroupSize > 0)
            {
                rest.Add(TiltedLosses.Compose([(group, count % GroupSize)], _logNegligible));
            }

            rest = [.. rest.Select(one => LossGrid.Coarsen(one, Factor, bound))];
            group = LossGrid.Coarsen(TiltedLosses.Compose([(group, GroupSize)], _logNegligible), Factor, bound);
            count /= GroupSize;
        }

        return [.. rest.Select(one => (one, 1)), .. count > 0 ? [(group, count)] : Array.Empty<(TiltedLosses, int)>()];
    }

    // Losses above go to infinity, and cost at most this part of δ.
    private static CumulantSum CutFor(double logDelta, CumulantSum cumulants) => cumulants.CutAt(
        Math.Exp(logDelta) * PartOfDelta / cumulants.Parts.Sum(part => part.Count));

    private static CumulantSum CumulantsOf(IReadOnlyList<(DominatingPair Pair, int Count)> parts) =>
        new([.. parts.Select(part => (new CumulantFunction(part.Pair), part.Count))]);
}
