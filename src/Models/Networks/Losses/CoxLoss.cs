using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Losses;

/// <summary>How events at one time share the risk set.</summary>
public enum CoxTies
{
    /// <summary>All of them against the whole risk set: Breslow 1974.</summary>
    Breslow,

    /// <summary>The l-th of d against the risk set without l/d of the events' own weight: Efron 1977.</summary>
    Efron,
}

/// <summary>The negative log partial likelihood of Cox 1972; the output is the log-hazard ratio η.</summary>
/// <remarks>
/// For d events D at one time with risk set R (who is seen at least as long):
/// Σ_D η − Σ_{l=0}^{d−1} ln(Σ_R e^η − c_l Σ_D e^η), c_l = l/d after Efron and 0 after Breslow. The target is the time,
/// 1 for an event or 0 for the end of observation, and with strata the number of the row's stratum. A row's loss
/// depends on the others, so patients cannot be clipped one by one: private training uses <see cref="HazardLoss"/>.
/// </remarks>
public sealed record CoxLoss(CoxTies Ties) : Loss
{
    /// <summary>Whether risk sets stay within strata, each with a baseline hazard of its own.</summary>
    /// <remarks>Kalbfleisch and Prentice, "The statistical analysis of failure time data", 1980, §4.4.</remarks>
    public bool IsStratified { get; init; }

    public override int OutputSize => 1;

    public override int TargetSize => IsStratified ? 3 : 2;

    public override bool IsSumOverRows => false;

    private protected override double Evaluate(
        int rows, ReadOnlySpan<double> outputs, ReadOnlySpan<float> targets, Span<double> gradient)
    {
        int[] latestFirst = LatestFirst(rows, targets);
        double loss = 0;
        for (int start = 0; start < rows;)
        {
            int end = start + 1;
            while (end < rows && StratumOf(targets, latestFirst[end]) == StratumOf(targets, latestFirst[start]))
            {
                end++;
            }

            loss += EvaluateStratum(latestFirst.AsSpan(start, end - start), outputs, targets, gradient);
            start = end;
        }

        return loss;
    }

    private double EvaluateStratum(
        ReadOnlySpan<int> latestFirst,
        ReadOnlySpan<double> outputs,
        ReadOnlySpan<float> targets,
        Span<double> gradient)
    {
        int rows = latestFirst.Length;
        double largest = double.NegativeInfinity;
        foreach (int row in latestFirst)
        {
            largest = Math.Max(largest, outputs[row]);
        }

        // What each group of ties pulls at everybody at risk, and at its own events less; at the group's first place.
        double[] pulls = new double[rows];
        double[] ownPulls = new double[rows];
        double loss = 0;
        double riskWeight = 0;
        for (int start = 0; start < rows;)
        {
            int end = EndOfTies(latestFirst, start, targets);
            int events = 0;
            double eventWeight = 0;
            for (int k = start; k < end; k++)
            {
                int row = latestFirst[k];
                double weight = DeterministicMath.Exp(outputs[row] - largest);
                riskWeight += weight;
                if (Happened(targets, row))
                {
                    events++;
                    eventWeight += weight;
                    loss -= outputs[row];
                }
            }

            for (int l = 0; l < events; l++)
            {
                double share = Ties == CoxTies.Efron ? (double)l / events : 0;
                double denominator = riskWeight - (share * eventWeight);
                loss += DeterministicMath.Log(denominator) + largest;
                pulls[start] += 1 / denominator;
                ownPulls[start] += share / denominator;
            }

            start = end;
        }

        // From the earliest time on: everybody still at risk is pulled by all events so far.
        double pull = 0;
        for (int end = rows; end > 0;)
        {
            int start = StartOfTies(latestFirst, end, targets);
            pull += pulls[start];
            for (int k = start; k < end; k++)
            {
                int row = latestFirst[k];
                double weight = DeterministicMath.Exp(outputs[row] - largest);
                gradient[row] = Happened(targets, row) ? (weight * (pull - ownPulls[start])) - 1 : weight * pull;
            }

            end = start;
        }

        return loss;
    }

    private float TimeOf(ReadOnlySpan<float> targets, int row) => targets[TargetSize * row];

    private bool Happened(ReadOnlySpan<float> targets, int row) => targets[(TargetSize * row) + 1] != 0;

    private float StratumOf(ReadOnlySpan<float> targets, int row) =>
        IsStratified ? targets[(TargetSize * row) + 2] : 0;

    // Stratum by stratum.
    private int[] LatestFirst(int rows, ReadOnlySpan<float> targets)
    {
        (float Stratum, float Time)[] keys = new (float, float)[rows];
        int[] order = new int[rows];
        for (int row = 0; row < rows; row++)
        {
            float happened = targets[(TargetSize * row) + 1];
            if (float.IsNaN(TimeOf(targets, row)) || (happened != 0 && happened != 1))
            {
                throw new ArgumentException($"Row {row} needs a time and an event of 0 or 1.", nameof(targets));
            }

            if (float.IsNaN(StratumOf(targets, row)))
            {
                throw new ArgumentException($"Row {row} needs the number of its stratum.", nameof(targets));
            }

            (keys[row], order[row]) = ((StratumOf(targets, row), -TimeOf(targets, row)), row);
        }

        // Ties are ordered by row: sums must not depend on the sort.
        Array.Sort(order, (x, y) => keys[x] != keys[y] ? keys[x].CompareTo(keys[y]) : x.CompareTo(y));
        return order;
    }

    private int EndOfTies(ReadOnlySpan<int> order, int start, ReadOnlySpan<float> targets)
    {
        int end = start + 1;
        while (end < order.Length && TimeOf(targets, order[end]) == TimeOf(targets, order[start]))
        {
            end++;
        }

        return end;
    }

    private int StartOfTies(ReadOnlySpan<int> order, int end, ReadOnlySpan<float> targets)
    {
        int start = end - 1;
        while (start > 0 && TimeOf(targets, order[start - 1]) == TimeOf(targets, order[end - 1]))
        {
            start--;
        }

        return start;
    }
}
