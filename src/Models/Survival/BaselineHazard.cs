using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Survival;

/// <summary>The cumulative hazard of a row whose features are all zero, a step function of time.</summary>
/// <remarks>
/// Breslow's estimator: H(t) = Σ_{event times ≤ t} Σ_l 1 / (S0 − φ D0), φ as in <see cref="RiskSums"/>, so 1/S0 per
/// event under Breslow's rule; Therneau and Grambsch 2000, section 10.2.3. It is exact for the rows it was given: per
/// hospital, or per stratum, which is what the node's twins need.
/// </remarks>
public sealed class BaselineHazard
{
    private readonly double[] _times;
    private readonly double[] _cumulative;

    internal BaselineHazard(double[] risingTimes, double[] cumulative)
    {
        _times = risingTimes;
        _cumulative = cumulative;
    }

    /// <summary>The event times, rising.</summary>
    public ReadOnlySpan<double> Times => _times;

    /// <summary>H after each event time.</summary>
    public ReadOnlySpan<double> Cumulative => _cumulative;

    /// <summary>The baseline of one stratum of a table under fitted coefficients.</summary>
    public static BaselineHazard Of(
        SurvivalTable table, ReadOnlySpan<double> coefficients, CoxTies ties = CoxTies.Efron, int stratum = 0)
    {
        ArgumentNullException.ThrowIfNull(table);
        CoxLikelihood.RequireCoefficients(table, coefficients);
        int[] rows = table.RowsByStratumFromLastStop().SingleOrDefault(r => table.Stratum(r[0]) == stratum, []);
        RiskWeights weights = new(table, [rows], coefficients);
        RiskSet atRisk = new(table, rows, weights);
        List<double> times = [];
        List<double> increments = [];
        foreach (int[] events in CoxLikelihood.EventsFromLast(table, rows))
        {
            atRisk.MoveBackTo(table.Stop(events[0]));

            // The risk set's weights are e^(β·x) over a common factor, which one of its rows gives back.
            double scale = Exponent(table.Row(events[0]), coefficients) - weights.LogWeight(events[0]);
            double tied = events.Sum(weights.Weight);
            times.Add(table.Stop(events[0]));
            increments.Add(
                Increment(events.Length, atRisk.Sums[0], tied, ties) / DeterministicMath.Exp(scale));
        }

        times.Reverse();
        increments.Reverse();
        double sum = 0;
        return new BaselineHazard([.. times], [.. increments.Select(increment => sum += increment)]);
    }

    /// <summary>H(t); constant after the last event.</summary>
    public double CumulativeAt(double time)
    {
        int at = Array.BinarySearch(_times, time);
        int last = at >= 0 ? at : ~at - 1;
        return last < 0 ? 0 : _cumulative[last];
    }

    /// <summary>exp(−H(t) e^(β·x)): the chance to be free of the event at a time.</summary>
    public double Survival(double time, ReadOnlySpan<double> coefficients, ReadOnlySpan<double> features) =>
        DeterministicMath.Exp(-CumulativeAt(time) * DeterministicMath.Exp(Exponent(features, coefficients)));

    internal static double Increment(int events, double atRisk, double tied, CoxTies ties)
    {
        double increment = 0;
        for (int l = 0; l < events; l++)
        {
            increment += 1 / (ties == CoxTies.Efron ? atRisk - (tied * l / events) : atRisk);
        }

        return increment;
    }

    private static double Exponent(ReadOnlySpan<double> features, ReadOnlySpan<double> coefficients)
    {
        double sum = 0;
        for (int i = 0; i < features.Length; i++)
        {
            sum += coefficients[i] * features[i];
        }

        return sum;
    }
}
