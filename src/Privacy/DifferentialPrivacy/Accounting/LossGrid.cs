using System.Runtime.InteropServices;

namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>Puts a privacy loss on a grid of equal steps, on a known side of the truth.</summary>
/// <remarks>
/// <para><b>Upper.</b> Every cell's mass is split between its two ends such that both its probability under P and that
/// under Q stay: the hockey-stick curve of the result joins, by straight lines in e^ε, points of the true one, and a
/// convex curve lies below its chords. Doroshenko, Ghazi, Kamath, Kumar and Manurangsi, "Connect the Dots: Tighter
/// Discrete Approximations of Privacy Loss Distributions", PoPETs 2022, §3.</para>
/// <para><b>Lower.</b> Outcomes are merged, which is post-processing and can only hide: neighbouring outcomes in groups
/// whose merged loss ln(ΣP/ΣQ) is a grid point, an outcome on the border of two groups going to each with the
/// probability that makes it so.</para>
/// <para>Either way a step of h moves the mean loss by about h²/12 and not, as rounding does, by h/2; after T steps the
/// ε of a δ in the tail that the tilt θ belongs to has moved by about T·h²·(1 + θ)/12.</para>
/// <para>The grid begins at the lowest loss. Rare sampling leaves most of the probability there, and were it to lie
/// between two points, groups would have to reach far up to balance it. It can also be made to end at the highest,
/// where bounded noise has much of its probability.</para>
/// </remarks>
/// <param name="origin">The loss of point 0, in nats.</param>
/// <param name="step">h, the distance of two points, in nats.</param>
/// <param name="tilt">θ of <see cref="TiltedLosses"/>, zero or more.</param>
/// <param name="bound">The side.</param>
internal sealed class LossGrid(double origin, double step, double tilt, LossBound bound)
{
    /// <summary>Cells of a step in which outcomes are merged before they are grouped.</summary>
    private const int CellsOfStep = 4;

    // A loss so near to a point, in steps, is on it but for rounding.
    private const double OnPoint = 1e-9;

    /// <summary>One release of a mechanism.</summary>
    /// <param name="pair">Its dominating pair.</param>
    /// <param name="tilt">θ of <see cref="TiltedLosses"/>, zero or more.</param>
    /// <param name="bound">The side.</param>
    /// <param name="step">h, the distance of two losses, in nats.</param>
    /// <param name="lowest">Losses below it are so rare that it doesn't matter by how much they are raised.</param>
    /// <param name="highest">Losses above it are so rare that they may count as infinite.</param>
    /// <param name="untilHighest">Whether the step may be shortened so that the grid ends at the highest loss.</param>
    public static TiltedLosses Place(
        DominatingPair pair,
        double tilt,
        LossBound bound,
        double step,
        double lowest,
        double highest,
        bool untilHighest)
    {
        int last = Math.Max(1, (int)Math.Ceiling((highest - lowest) / step));
        LossGrid grid = new(lowest, untilHighest && highest > lowest ? (highest - lowest) / last : step, tilt, bound);
        return bound == LossBound.Upper ? grid.PlaceAbove(pair, last) : grid.PlaceBelow(pair, last, untilHighest);
    }

    /// <summary>The same losses on a grid whose step is <paramref name="factor"/> times as long.</summary>
    public static TiltedLosses Coarsen(TiltedLosses losses, int factor, LossBound bound)
    {
        LossGrid grid = new(losses.Origin, losses.Step * factor, losses.Tilt, bound);
        List<WeightedLoss> atoms = new(losses.Mass.Length);
        for (int k = 0; k < losses.Mass.Length; k++)
        {
            if (losses.Mass[k] > 0)
            {
                atoms.Add(new WeightedLoss(losses.LossOf(k), losses.Mass[k]));
            }
        }

        long first = (long)Math.Floor((double)losses.First / factor);
        long last = (long)Math.Ceiling((double)(losses.First + losses.Mass.Length) / factor);
        double[] mass = new double[last - first + 1];
        if (bound == LossBound.Upper)
        {
            grid.Split(CollectionsMarshal.AsSpan(atoms), first, mass);
        }
        else
        {
            grid.Group(CollectionsMarshal.AsSpan(atoms), first, mass);
        }

        return grid.Normalised(first, mass, losses.LogScale, losses.Infinite);
    }

    private TiltedLosses PlaceAbove(DominatingPair pair, int last)
    {
        List<LossAtom> atoms = pair.Atoms(Boundaries(last, 1));
        double top = PointOf(last);
        double logScale = LogScaleOf(atoms, top);
        List<WeightedLoss> inside = new(atoms.Count);
        double[] mass = new double[last + 1];
        double infinite = 0;
        foreach ((double loss, double p, _) in atoms)
        {
            if (loss <= origin)
            {
                mass[0] += p * Math.Exp((tilt * origin) - logScale);
            }
            else if (loss >= top)
            {
                // The chord up to an infinite loss keeps Q and moves the rest of P there.
                mass[^1] += p * Math.Exp(top - loss + (tilt * top) - logScale);
                infinite += -p * NearOne.ExpMinusOne(top - loss);
            }
            else
            {
                inside.Add(new WeightedLoss(loss, p * Math.Exp((tilt * loss) - logScale)));
            }
        }

        Split(CollectionsMarshal.AsSpan(inside), first: 0, mass);
        return Normalised(first: 0, mass, logScale, infinite);
    }

    private TiltedLosses PlaceBelow(DominatingPair pair, int last, bool untilHighest)
    {
        List<LossAtom> cells = Merged(pair.Atoms(Boundaries(last, CellsOfStep)), PointOf(last));
        if (cells.Count == 0)
        {
            return Normalised(first: 0, new double[last + 1], logScale: 0, infinite: 0);
        }

        double range = Math.Min(cells[^1].Loss, PointOf(last)) - cells[0].Loss;
        LossGrid grid = new(cells[0].Loss, untilHighest && range > 0 ? range / last : step, tilt, bound);
        double logScale = LogScaleOf(cells, PointOf(last));
        List<WeightedLoss> atoms = new(cells.Count);
        foreach (LossAtom cell in cells)
        {
            // A loss above the grid is lowered to its end, which loses a part of P.
            double loss = Math.Min(cell.Loss, grid.PointOf(last));
            double p = cell.P * Math.Exp(loss - cell.Loss);
            atoms.Add(new WeightedLoss(loss, p * Math.Exp((tilt * loss) - logScale)));
        }

        double[] mass = new double[last + 1];
        grid.Group(CollectionsMarshal.AsSpan(atoms), first: 0, mass);
        return grid.Normalised(first: 0, mass, logScale, infinite: 0);
    }

    // The outcomes of a cell as one outcome; those below the grid are left out, those above it are one cell. Its loss
    // is ln(ΣP/ΣQ), and Q = P·e^−loss is taken relative to the first, since Q itself may be too small for a double.
    private List<LossAtom> Merged(List<LossAtom> atoms, double top)
    {
        List<LossAtom> merged = [];
        double cell = double.NaN;
        double first = 0;
        foreach (LossAtom atom in atoms)
        {
            if (atom.Loss < origin || atom.P == 0)
            {
                continue;
            }

            double here = Math.Floor(((Math.Min(atom.Loss, top) - origin) * (CellsOfStep / step)) + OnPoint);
            if (here != cell)
            {
                merged.Add(new LossAtom(atom.Loss, 0, 0));
                (cell, first) = (here, atom.Loss);
            }

            LossAtom sum = merged[^1];
            merged[^1] = new LossAtom(sum.Loss, sum.P + atom.P, sum.Q + (atom.P * Math.Exp(first - atom.Loss)));
        }

        foreach (ref LossAtom sum in CollectionsMarshal.AsSpan(merged))
        {
            sum = sum with { Loss = sum.Loss + Math.Log(sum.P / sum.Q) };
        }

        merged.Sort((left, right) => left.Loss.CompareTo(right.Loss));
        return merged;
    }

    // Mass m at a loss l between the grid points a and b = a + h: (1 − e^(a−l))/(1 − e^(−h)) of P goes to b.
    private void Split(ReadOnlySpan<WeightedLoss> atoms, long first, Span<double> mass)
    {
        double whole = -NearOne.ExpMinusOne(-step);
        foreach ((double loss, double weight) in atoms)
        {
            int cell = (int)Math.Clamp((long)Math.Floor((loss - origin) / step) - first, 0, mass.Length - 2);
            double below = PointOf(first + cell);
            double share = Math.Clamp(-NearOne.ExpMinusOne(below - loss) / whole, 0, 1);
            mass[cell] += (1 - share) * weight * Math.Exp(tilt * (below - loss));
            mass[cell + 1] += share * weight * Math.Exp(tilt * (below + step - loss));
        }
    }

    // Groups ascend with the grid. At the target g a group has ΣP − e^g·ΣQ = Σ P·(1 − e^(g − loss)) = 0; that sum is
    // negative while only losses below g are in, and the atom that would make it positive is cut.
    private void Group(ReadOnlySpan<WeightedLoss> atoms, long first, Span<double> mass)
    {
        long target = long.MinValue;
        int next = 0;
        double left = 1;
        while (next < atoms.Length)
        {
            target = Math.Max(target + 1, (long)Math.Ceiling(((atoms[next].Loss - origin) / step) - OnPoint));
            if (target - first >= mass.Length)
            {
                return;
            }

            double at = PointOf(target);
            double p = 0;
            double balance = 0;
            bool full = false;
            while (!full && next < atoms.Length)
            {
                (double loss, double whole) = atoms[next];
                double below = Math.Abs(at - loss) < OnPoint * step ? 0 : at - loss;
                if (below == 0 && balance < 0 && next == atoms.Length - 1)
                {
                    // The highest loss of bounded noise is likely, and keeps its point for itself.
                    Lower(target, p, balance, first, mass);
                    (p, balance) = (0, 0);
                }

                double weight = left * whole * Math.Exp(tilt * below);
                double excess = -weight * NearOne.ExpMinusOne(below);
                full = balance + excess >= 0;
                double share = full && excess > 0 ? -balance / excess : 1;
                p += share * weight;
                balance += share * excess;
                left *= 1 - share;
                if (share == 1 || left == 0)
                {
                    next++;
                    left = 1;
                }
            }

            if (full)
            {
                mass[(int)(target - first)] += p;
            }
            else
            {
                Lower(target, p, balance, first, mass);
            }
        }
    }

    // The last group has a loss c below its target, e^(c − g) = ΣP/(e^g·ΣQ): all of Q, and as much of P as that allows,
    // goes to the grid point below c.
    private void Lower(long target, double p, double balance, long first, Span<double> mass)
    {
        double q = p - balance;
        long point = target + (long)Math.Floor(Math.Log(p / q) / step);
        if (point >= first)
        {
            mass[(int)(point - first)] += q * Math.Exp((1 + tilt) * (point - target) * step);
        }
    }

    private double PointOf(long point) => origin + (point * step);

    private double[] Boundaries(int last, int perStep)
    {
        double[] boundaries = new double[(last * perStep) + 1];
        for (int i = 0; i < boundaries.Length; i++)
        {
            boundaries[i] = origin + (i * (step / perStep));
        }

        return boundaries;
    }

    private TiltedLosses Normalised(long first, double[] mass, double logScale, double infinite) =>
        TiltedLosses.Normalised(origin, step, tilt, first, mass, logScale, infinite);

    // The largest exponent, so that no weight overflows and the largest is about 1.
    private double LogScaleOf(List<LossAtom> atoms, double top)
    {
        double largest = double.NegativeInfinity;
        foreach (LossAtom atom in atoms)
        {
            largest = Math.Max(largest, Math.Log(atom.P) + (tilt * Math.Min(atom.Loss, top)));
        }

        return largest;
    }

    // A loss with its tilted mass.
    private readonly record struct WeightedLoss(double Loss, double Mass);
}
