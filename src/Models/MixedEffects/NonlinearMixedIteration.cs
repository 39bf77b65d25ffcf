using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.MixedEffects;

/// <summary>Lindstrom and Bates' alternation as its rounds see it: one step of β and θ per sum.</summary>
/// <remarks>
/// nlme solves its working model to the end before it makes the curve linear again; here both take one step at a time.
/// The fixed points are the same: b solves the penalised least squares, and β, θ the working model at b. As there, the
/// start of β must be sensible, and no objective guards the steps.
/// </remarks>
public sealed class NonlinearMixedIteration
{
    // θ starts at 1 and is about that large where the random effects show at all: a longer step has left its quadratic
    // model.
    private const double LongestVarianceStep = 0.5;

    private readonly NonlinearMixedModel _model;
    private readonly bool _restricted;
    private readonly double _tolerance;
    private double[] _coefficients;
    private double[] _theta;
    private ProfiledDeviance? _last;
    private double[] _lastTheta = [];

    /// <param name="model">Curve and random parameters.</param>
    /// <param name="start">β to begin with.</param>
    /// <param name="restricted">REML instead of ML, nlme's default for curves.</param>
    /// <param name="tolerance">A change of every β and θ below it ends the iteration.</param>
    public NonlinearMixedIteration(
        NonlinearMixedModel model, ReadOnlySpan<double> start, bool restricted = false, double tolerance = 1e-7)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tolerance);
        if (start.Length != model.Linear.FixedColumns)
        {
            throw new ArgumentException(
                $"Expected {model.Linear.FixedColumns} coefficients, got {start.Length}.", nameof(start));
        }

        _model = model;
        _restricted = restricted;
        _tolerance = tolerance;
        _coefficients = start.ToArray();
        _theta = RelativeCovariance.Start(model.Linear.RandomColumns, model.Linear.IsUncorrelated);
    }

    /// <summary>β, where the next statistic is to be taken.</summary>
    public ReadOnlySpan<double> Coefficients => _coefficients;

    /// <summary>θ, where the next statistic is to be taken.</summary>
    public ReadOnlySpan<double> Theta => _theta;

    /// <summary>Sums taken in so far.</summary>
    public int Rounds { get; private set; }

    /// <summary>The last sum moved nothing by more than the tolerance.</summary>
    public bool Converged { get; private set; }

    /// <summary>Takes the sum of the sites' <see cref="NonlinearMixedModel.LocalStatistic"/> and moves on.</summary>
    /// <exception cref="ArgumentException">The length is wrong, or there are too few rows.</exception>
    /// <exception cref="NotPositiveDefiniteException">The measurements do not determine β.</exception>
    public void Advance(ReadOnlySpan<double> sum)
    {
        if (sum.Length != _model.StatisticLength || !(sum[LinearMixedModel.RowsAt] > _coefficients.Length))
        {
            throw new ArgumentException(
                $"Expected {_model.StatisticLength} entries of more than {_coefficients.Length} rows.", nameof(sum));
        }

        ProfiledDeviance deviance = new(_model.Linear, sum, _restricted);
        double[] step = DampedCholesky.Solve(
            PackedSymmetric.Unpack(deviance.PackedHessian, _theta.Length),
            [.. deviance.Gradient.Select(slope => -slope)]);
        double longest = step.Max(Math.Abs);
        double fraction = longest > LongestVarianceStep ? LongestVarianceStep / longest : 1;
        double change = Math.Max(
            longest, deviance.Coefficients.Zip(_coefficients, (next, now) => Math.Abs(next - now)).Max());
        _last = deviance;
        _lastTheta = _theta;
        _coefficients = deviance.Coefficients;
        _theta = SmallMatrix.Sum(_theta, step, fraction);
        Rounds++;
        Converged = change <= _tolerance;
    }

    /// <summary>What the last sum says.</summary>
    /// <exception cref="InvalidOperationException">No sum was taken in yet.</exception>
    public MixedModelResult Result()
    {
        ProfiledDeviance last = _last ?? throw new InvalidOperationException("No sum was taken in yet.");
        return MixedModelResult.Of(last, _lastTheta, _model.Linear, Converged, Rounds);
    }
}
