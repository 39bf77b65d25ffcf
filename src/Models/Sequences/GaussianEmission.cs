using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Sequences;

/// <summary>Independent normal entries per state; NaN is an entry that was not measured.</summary>
/// <remarks>
/// Rabiner, Proc. IEEE 77(2), 1989, equations 49 and following, with a diagonal covariance. An entry that is missing at
/// random multiplies the likelihood by 1 and adds nothing. Sums are of x less the state's current mean, so that the
/// variance subtracts no large numbers.
/// </remarks>
public sealed class GaussianEmission : EmissionModel
{
    private const double LogTwoPi = 1.8378770664093453;
    private const int PerEntry = 3;

    // Less expected mass than this says nothing of an entry: its parameters stay.
    private const double LeastMass = 1e-9;

    private readonly double[] _means;
    private readonly double[] _variances;
    private readonly double[] _logVariances;
    private readonly double _varianceFloor;

    /// <param name="columns">d.</param>
    /// <param name="means">K × d, state by state.</param>
    /// <param name="variances">K × d, positive.</param>
    /// <param name="varianceFloor">
    /// No variance falls below it, so that no state collapses onto one observation; the square of a resolution of the
    /// measurement.
    /// </param>
    public GaussianEmission(
        int columns, ReadOnlySpan<double> means, ReadOnlySpan<double> variances, double varianceFloor)
        : base(means.Length / Math.Max(1, columns), columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(varianceFloor);
        if (means.Length != States * columns || variances.Length != means.Length)
        {
            throw new ArgumentException($"{means.Length} means and {variances.Length} variances of {columns} columns.");
        }

        _means = means.ToArray();
        _variances = [.. variances.ToArray().Select(variance => Math.Max(variance, varianceFloor))];
        _logVariances = [.. _variances.Select(DeterministicMath.Log)];
        _varianceFloor = varianceFloor;
        if (!_means.All(double.IsFinite) || !_variances.All(double.IsFinite))
        {
            throw new ArgumentException("Means and variances must be finite numbers.");
        }
    }

    public override int StatisticLength => PerEntry * States * Columns;

    /// <summary>The means, then the variances.</summary>
    public override double[] Parameters => [.. _means, .. _variances];

    internal override double LogDensity(int state, ReadOnlySpan<double> observation)
    {
        double sum = 0;
        for (int i = 0; i < observation.Length; i++)
        {
            if (!double.IsNaN(observation[i]))
            {
                int at = (state * Columns) + i;
                double deviation = observation[i] - _means[at];
                sum -= 0.5 * (LogTwoPi + _logVariances[at] + (deviation * deviation / _variances[at]));
            }
        }

        return sum;
    }

    internal override void AddExpected(
        Span<double> statistic, int state, double probability, ReadOnlySpan<double> observation)
    {
        for (int i = 0; i < observation.Length; i++)
        {
            if (!double.IsNaN(observation[i]))
            {
                int at = (state * Columns) + i;
                double deviation = observation[i] - _means[at];
                statistic[PerEntry * at] += probability;
                statistic[(PerEntry * at) + 1] += probability * deviation;
                statistic[(PerEntry * at) + 2] += probability * deviation * deviation;
            }
        }
    }

    internal override EmissionModel Maximise(ReadOnlySpan<double> statistic)
    {
        double[] means = [.. _means];
        double[] variances = [.. _variances];
        for (int at = 0; at < means.Length; at++)
        {
            double mass = statistic[PerEntry * at];
            if (mass > LeastMass)
            {
                double shift = statistic[(PerEntry * at) + 1] / mass;
                means[at] += shift;
                variances[at] = (statistic[(PerEntry * at) + 2] / mass) - (shift * shift);
            }
        }

        return new GaussianEmission(Columns, means, variances, _varianceFloor);
    }
}
