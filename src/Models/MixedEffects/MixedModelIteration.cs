using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Training;

namespace DigitalTwin.Models.MixedEffects;

/// <summary>A fitted linear mixed model: the prior of every patient's twin.</summary>
/// <param name="Coefficients">β.</param>
/// <param name="StandardErrors">Of β, given the variance parameters, as lme4 prints them.</param>
/// <param name="RandomCovariance">σ² D, q × q row by row.</param>
/// <param name="ResidualVariance">σ².</param>
/// <param name="Deviance">−2 ln L, or the REML criterion, at the best θ that a sum was taken at.</param>
/// <param name="Theta">The variance parameters; the diagonal of Λ is not negative.</param>
/// <param name="Converged">The last step was shorter than the tolerance.</param>
/// <param name="Rounds">How many sums were formed.</param>
public sealed record MixedModelResult(
    double[] Coefficients,
    double[] StandardErrors,
    double[] RandomCovariance,
    double ResidualVariance,
    double Deviance,
    double[] Theta,
    bool Converged,
    int Rounds)
{
    /// <summary>The standard deviation of a random effect, in units of the response per unit of its column.</summary>
    public double RandomSd(int effect) => Math.Sqrt(RandomCovariance[(effect * Size) + effect]);

    /// <summary>The correlation of two random effects; NaN where one has no variance.</summary>
    public double RandomCorrelation(int effect, int other) =>
        RandomCovariance[(effect * Size) + other] / (RandomSd(effect) * RandomSd(other));

    internal static MixedModelResult Of(
        ProfiledDeviance deviance, double[] theta, LinearMixedModel model, bool converged, int rounds)
    {
        int p = model.FixedColumns;
        double[] inverse = deviance.InverseFixedGram;
        return new MixedModelResult(
            deviance.Coefficients,
            [.. Enumerable.Range(0, p).Select(i => Math.Sqrt(deviance.ResidualVariance * inverse[(i * p) + i]))],
            [.. new RelativeCovariance(theta, model.RandomColumns).Value().Select(
                entry => entry * deviance.ResidualVariance)],
            deviance.ResidualVariance,
            deviance.Value,
            RelativeCovariance.WithPositiveDiagonal(theta, model.RandomColumns),
            converged,
            rounds);
    }

    private int Size => (int)Math.Round(Math.Sqrt(RandomCovariance.Length));
}

/// <summary>Newton's method for the profiled likelihood of a linear mixed model, as its rounds see it.</summary>
public sealed class MixedModelIteration
{
    private readonly LinearMixedModel _model;
    private readonly bool _restricted;
    private readonly NewtonDescent _descent;
    private ProfiledDeviance? _best;
    private double[] _bestTheta = [];

    /// <param name="model">The shape.</param>
    /// <param name="restricted">REML, lme4's default, instead of ML.</param>
    /// <param name="tolerance">A step of θ shorter than this ends the iteration.</param>
    public MixedModelIteration(LinearMixedModel model, bool restricted = true, double tolerance = 1e-8)
    {
        ArgumentNullException.ThrowIfNull(model);
        _model = model;
        _restricted = restricted;
        _descent = new NewtonDescent(
            RelativeCovariance.Start(model.RandomColumns, model.IsUncorrelated),
            new double[model.VarianceParameters],
            tolerance);
    }

    /// <summary>θ, where the next statistic is to be taken.</summary>
    public ReadOnlySpan<double> Theta => _descent.Parameters;

    public int Rounds => _descent.Rounds;

    public bool Finished => _descent.Finished;

    public bool Converged => _descent.Converged;

    /// <summary>Takes the sum of the sites' <see cref="LinearMixedModel.LocalStatistic"/> and moves on.</summary>
    /// <exception cref="ArgumentException">The length is wrong, or there are no more rows than columns.</exception>
    /// <exception cref="NotPositiveDefiniteException">The columns of the fixed design depend on each other.</exception>
    public void Advance(ReadOnlySpan<double> sum)
    {
        if (sum.Length != _model.StatisticLength || !(sum[LinearMixedModel.RowsAt] > _model.FixedColumns))
        {
            throw new ArgumentException(
                $"Expected {_model.StatisticLength} entries of more than {_model.FixedColumns} rows.", nameof(sum));
        }

        ProfiledDeviance deviance = new(_model, sum, _restricted);
        if (_best is null || deviance.Value <= _best.Value)
        {
            _best = deviance;
            _bestTheta = Theta.ToArray();
        }

        _descent.Advance(deviance.Value, deviance.Gradient, deviance.PackedHessian);
    }

    /// <summary>What the sums so far say, at the best θ seen.</summary>
    /// <exception cref="InvalidOperationException">No sum was taken in yet.</exception>
    public MixedModelResult Result()
    {
        ProfiledDeviance best = _best ?? throw new InvalidOperationException("No sum was taken in yet.");
        return MixedModelResult.Of(best, _bestTheta, _model, Converged, Rounds);
    }
}
