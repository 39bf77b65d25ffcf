namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>Releases in one direction, and how their losses are composed once it is known which are of interest.</summary>
internal sealed class LossComposition
{
    // Points of a result up to which it is composed at once. Beyond, releases are composed in groups of f² on the fine
    // grid and the groups on one whose step is f times as long, and so on: a group on its grid errs as much as its
    // releases did on theirs, and all grids are of about the same length. (Ghazi et al., "Faster Privacy Accounting via
    // Evolving Discretization", ICML 2022, whose groups are of two.)
    private const int PointsAtOnce = 1 << 19;
    private const int Factor = 4;
    private const int GroupSize = Factor * Factor;

    // What part of δ may be left to infinite losses, and what tilted mass below the grid.
    private const double PartOfDelta = 1e-8;
    private const double TiltedBelow = 1e-18;

    private readonly IReadOnlyList<(DominatingPair Pair, int Count)> _parts;
    private readonly CumulantSum _cumulants;
    private readonly double _tilt;

    private LossComposition(
        IReadOnlyList<(DominatingPair Pair, int Count)> parts, CumulantSum cumulants, double tilt, double logDelta)
    {
        _parts = parts;
        _tilt = tilt;
        Count = parts.Sum(part => part.Count);
        double rare = Math.Exp(logDelta) * PartOfDelta / Count;
        _cumulants = new CumulantSum(
            [.. cumulants.Parts.Select(part => (part.Loss.CutAt(part.Loss.UpperQuantile(rare)), part.Count))]);
    }

    private int Count { get; }

    /// <summary>Laid out for the ε of <paramref name="delta"/>.</summary>
    public static LossComposition OfDelta(IReadOnlyList<(DominatingPair Pair, int Count)> parts, double delta)
    {
        CumulantSum cumulants = CumulantsOf(parts);
        return new LossComposition(parts, cumulants, cumulants.TiltOfDelta(delta), Math.Log(delta));
    }

    /// <summary>Laid out for the δ of <paramref name="epsilon"/>.</summary>
    public static LossComposition OfEpsilon(IReadOnlyList<(DominatingPair Pair, int Count)> parts, double epsilon)
    {
        CumulantSum cumulants = CumulantsOf(parts);
        double tilt = cumulants.TiltOfEpsilon(epsilon);
        double chernoff = Math.Min(0, cumulants.At(tilt) - (tilt * epsilon));
        return new LossComposition(parts, cumulants, tilt, chernoff);
    }

    /// <summary>The step whose bounds of ε are expected to lie <paramref name="width"/> apart.</summary>
    /// <remarks>Twice the error that <see cref="LossGrid"/> states, once for either side.</remarks>
    public double StepFor(double width) => Math.Sqrt(6 * width / (Count * (1 + _tilt)));

    /// <summary>The loss of all releases together.</summary>
    public TiltedLosses Compose(double step, LossBound bound)
    {
        (double lowest, double highest) = _cumulants.Window(_tilt);
        double fine = step;
        int levels = 0;
        int groups = _parts.Max(part => part.Count);
        while ((highest - lowest) / (fine * Math.Pow(Factor, levels)) > PointsAtOnce && groups >= GroupSize)
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

        return TiltedLosses.Compose(losses, lowest, highest);
    }

    // Groups of groups of releases, and what no group was full with, all on the last grid.
    private List<(TiltedLosses Losses, int Count)> Grouped(int part, double step, int levels, LossBound bound)
    {
        CumulantFunction loss = _cumulants.Parts[part].Loss;
        double lowest = loss.TiltedLowerQuantile(_tilt, TiltedBelow / Count);
        TiltedLosses group = LossGrid.Place(_parts[part].Pair, _tilt, bound, step, lowest, loss.Range.Highest);
        int releases = 1;
        int count = _parts[part].Count;
        List<TiltedLosses> rest = [];
        for (int level = 0; level < levels; level++)
        {
            if (count % GroupSize > 0)
            {
                rest.Add(Repeated(group, count % GroupSize, releases));
            }

            rest = [.. rest.Select(one => LossGrid.Coarsen(one, Factor, bound))];
            group = LossGrid.Coarsen(Repeated(group, GroupSize, releases), Factor, bound);
            count /= GroupSize;
            releases *= GroupSize;
        }

        return [.. rest.Select(one => (one, 1)), .. count > 0 ? [(group, count)] : Array.Empty<(TiltedLosses, int)>()];

        TiltedLosses Repeated(TiltedLosses one, int times, int releasesOfOne)
        {
            (double low, double high) = new CumulantSum([(loss, times * releasesOfOne)]).Window(_tilt);
            return TiltedLosses.Compose([(one, times)], low, high);
        }
    }

    private static CumulantSum CumulantsOf(IReadOnlyList<(DominatingPair Pair, int Count)> parts) =>
        new([.. parts.Select(part => (new CumulantFunction(part.Pair), part.Count))]);
}
