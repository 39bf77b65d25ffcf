using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Training;

namespace DigitalTwin.Models.GeneralisedLinear;

/// <summary>A fitted generalised linear model.</summary>
/// <param name="Parameters">The weights, then the intercept where there is one.</param>
/// <param name="StandardErrors">
/// Roots of the diagonal of dispersion · (information + ridge)⁻¹; NaN where some parameter is not determined.
/// </param>
/// <param name="Deviance">Twice the log-likelihood lacking to the saturated model, times the dispersion.</param>
/// <param name="Dispersion">1, or deviance / (n − p) where the family estimates it.</param>
/// <param name="Rows">n.</param>
/// <param name="Converged">False where the likelihood has no finite maximum, as with separated classes.</param>
/// <param name="Rounds">How many sums were formed.</param>
public sealed record GlmResult(
    double[] Parameters,
    double[] StandardErrors,
    double Deviance,
    double Dispersion,
    double Rows,
    bool Converged,
    int Rounds);

/// <summary>Fisher scoring as its rounds see it.</summary>
/// <remarks>
/// The first sum is of <see cref="GeneralisedLinearModel.StartStatistic"/>, every further one of
/// <see cref="GeneralisedLinearModel.LocalStatistic"/> at <see cref="Parameters"/>. A Gaussian model has its parameters
/// after the first; the second gives its deviance without the cancellation of Σ y².
/// </remarks>
public sealed class GlmIteration
{
    private readonly GeneralisedLinearModel _model;
    private readonly NewtonDescent _descent;
    private double _rows;
    private double _deviance = double.NaN;

    /// <param name="model">What is fitted.</param>
    /// <param name="ridge">λ per parameter: <see cref="GeneralisedLinearModel.Ridge"/>, or another choice.</param>
    /// <param name="tolerance">A step shorter than this ends the iteration.</param>
    public GlmIteration(GeneralisedLinearModel model, ReadOnlySpan<double> ridge, double tolerance = 1e-10)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _descent = new NewtonDescent(new double[model.ParameterCount], ridge, tolerance);
    }

    /// <summary>Where the next statistic is to be taken, once the first round has given a start.</summary>
    public ReadOnlySpan<double> Parameters => _descent.Parameters;

    public int Rounds => _descent.Rounds;

    public bool Finished => _descent.Finished;

    public bool Converged => _descent.Converged;

    /// <summary>Takes the sum of the sites' statistics and moves on.</summary>
    /// <exception cref="ArgumentException">The length is wrong, or a number is not finite.</exception>
    /// <exception cref="NotPositiveDefiniteException">The sum is corrupt: no damping helps.</exception>
    public void Advance(ReadOnlySpan<double> sum)
    {
        if (sum.Length != _model.StatisticLength)
        {
            throw new ArgumentException($"Expected {_model.StatisticLength} entries, got {sum.Length}.", nameof(sum));
        }

        bool isStart = Rounds == 0;
        double halfDeviance = GeneralisedLinearModel.HalfDevianceOf(sum);
        _rows = GeneralisedLinearModel.RowsOf(sum);
        _deviance = isStart ? double.NaN : 2 * halfDeviance;
        _descent.Advance(
            isStart ? double.PositiveInfinity : halfDeviance, _model.SlopeOf(sum), _model.InformationOf(sum));
    }

    /// <summary>What the sums so far say.</summary>
    public GlmResult Result()
    {
        double dispersion = _model.Family.DispersionIsOne ? 1 : _deviance / (_rows - _model.ParameterCount);
        return new GlmResult(
            Parameters.ToArray(), StandardErrors(dispersion), _deviance, dispersion, _rows, Converged, Rounds);
    }

    private double[] StandardErrors(double dispersion)
    {
        try
        {
            return [.. _descent.StandardErrors().Select(error => error * Math.Sqrt(dispersion))];
        }
        catch (NotPositiveDefiniteException)
        {
            return [.. Enumerable.Repeat(double.NaN, _model.ParameterCount)];
        }
    }
}
