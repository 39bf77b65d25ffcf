using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Training;

namespace DigitalTwin.Models.Survival;

/// <summary>A fitted Cox regression.</summary>
/// <param name="Coefficients">Log hazard ratios.</param>
/// <param name="StandardErrors">From the inverse information; NaN where some coefficient is not determined.</param>
/// <param name="LogLikelihood">Partial log-likelihood where the last sum was taken, without the ridge.</param>
/// <param name="NullLogLikelihood">The same with all coefficients zero.</param>
/// <param name="Rows">Rows, not patients.</param>
/// <param name="Events">Events that have a risk set.</param>
/// <param name="Converged">False where the likelihood grows without bound.</param>
/// <param name="Rounds">How many sums were formed.</param>
public sealed record CoxResult(
    double[] Coefficients,
    double[] StandardErrors,
    double LogLikelihood,
    double NullLogLikelihood,
    double Rows,
    double Events,
    bool Converged,
    int Rounds);

/// <summary>Newton's method for the partial likelihood as its rounds see it, from zero coefficients.</summary>
public sealed class CoxIteration
{
    private readonly NewtonDescent _descent;
    private double[] _lastSum = [];
    private double _nullLoss = double.NaN;

    /// <param name="columns">Features of a row.</param>
    /// <param name="l2">λ of the objective −ln L + ½ λ‖β‖².</param>
    /// <param name="tolerance">A step shorter than this ends the iteration.</param>
    public CoxIteration(int columns, double l2 = 0, double tolerance = 1e-10)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        double[] ridge = [.. Enumerable.Repeat(l2, columns)];
        _descent = new NewtonDescent(new double[columns], ridge, tolerance);
    }

    /// <summary>Where the next statistic is to be taken; the solution once <see cref="Converged"/>.</summary>
    public ReadOnlySpan<double> Coefficients => _descent.Parameters;

    public int Rounds => _descent.Rounds;

    public bool Finished => _descent.Finished;

    public bool Converged => _descent.Converged;

    /// <summary>Takes the sum of the sites' <see cref="CoxLikelihood.LocalStatistic"/> and moves on.</summary>
    /// <exception cref="ArgumentException">The length is wrong, or a number is not finite.</exception>
    /// <exception cref="NotPositiveDefiniteException">No damping helps, as where nothing is determined.</exception>
    public void Advance(ReadOnlySpan<double> sum)
    {
        int columns = Coefficients.Length;
        if (sum.Length != CoxLikelihood.StatisticLength(columns))
        {
            throw new ArgumentException(
                $"Expected {CoxLikelihood.StatisticLength(columns)} entries, got {sum.Length}.", nameof(sum));
        }

        ReadOnlySpan<double> loss = sum[CoxLikelihood.LossAt..];
        if (Rounds == 0)
        {
            _nullLoss = loss[0];
        }

        _lastSum = sum.ToArray();
        _descent.Advance(loss[0], loss.Slice(1, columns), loss[(1 + columns)..]);
    }

    /// <summary>What the sums so far say.</summary>
    /// <exception cref="InvalidOperationException">No sum was taken in yet.</exception>
    public CoxResult Result()
    {
        if (Rounds == 0)
        {
            throw new InvalidOperationException("No sum was taken in yet.");
        }

        return new CoxResult(
            Coefficients.ToArray(),
            StandardErrors(),
            -_lastSum[CoxLikelihood.LossAt],
            -_nullLoss,
            _lastSum[CoxLikelihood.RowsAt],
            _lastSum[CoxLikelihood.EventsAt],
            Converged,
            Rounds);
    }

    private double[] StandardErrors()
    {
        try
        {
            return _descent.StandardErrors();
        }
        catch (NotPositiveDefiniteException)
        {
            return [.. Enumerable.Repeat(double.NaN, Coefficients.Length)];
        }
    }
}
