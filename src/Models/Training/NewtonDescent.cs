using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Training;

/// <summary>
/// Newton's method with halving for a loss whose value, gradient and Hessian are sums over patients: parameters go
/// out, sums come back, until the steps are short.
/// </summary>
/// <remarks>
/// The loss gets a ridge ½ Σ λ_i β_i². It holds no more than the sums it was given: replaying them gives the same bits.
/// <see cref="NewtonIteration"/> is the older special case whose statistic knows a limit of the intercept.
/// </remarks>
public sealed class NewtonDescent
{
    // Near the optimum the objective changes by less than its rounding (or the step of a fixed-point sum): such a rise
    // is no overshoot.
    private const double ObjectiveSlack = 1e-9;

    private readonly double[] _ridge;
    private readonly double _tolerance;
    private double[] _accepted;
    private double[] _proposed;
    private double[] _hessian = [];
    private double _acceptedObjective = double.PositiveInfinity;

    /// <param name="start">Where the first sum is taken.</param>
    /// <param name="ridge">λ of each parameter, not negative; 0 for an intercept.</param>
    /// <param name="tolerance">A step shorter than this ends the descent.</param>
    public NewtonDescent(ReadOnlySpan<double> start, ReadOnlySpan<double> ridge, double tolerance = 1e-10)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tolerance);
        if (ridge.Length != start.Length || start.IsEmpty)
        {
            throw new ArgumentException($"{start.Length} parameters and {ridge.Length} ridges.");
        }

        foreach (double lambda in ridge)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(lambda, nameof(ridge));
        }

        _ridge = ridge.ToArray();
        _tolerance = tolerance;
        _accepted = start.ToArray();
        _proposed = start.ToArray();
    }

    /// <summary>Where the next sum is to be taken; the solution once <see cref="Converged"/>.</summary>
    public ReadOnlySpan<double> Parameters => _proposed;

    /// <summary>Sums taken in so far.</summary>
    public int Rounds { get; private set; }

    /// <summary>The last step was shorter than the tolerance.</summary>
    public bool Converged { get; private set; }

    /// <summary>The next sum would change nothing: converged, or unable to improve.</summary>
    public bool Finished { get; private set; }

    /// <summary>Loss and ridge where the last sum was taken; +∞ before the first.</summary>
    public double Objective { get; private set; } = double.PositiveInfinity;

    /// <summary>Length of the last step; +∞ before the first.</summary>
    public double StepNorm { get; private set; } = double.PositiveInfinity;

    /// <summary>Takes the sums at <see cref="Parameters"/> and moves on.</summary>
    /// <param name="loss">Without the ridge; +∞ where the sums are only a quadratic model to start from.</param>
    /// <param name="gradient">Of the loss without the ridge.</param>
    /// <param name="packedHessian">Upper triangle row by row, without the ridge.</param>
    /// <exception cref="InvalidOperationException">The descent has finished.</exception>
    /// <exception cref="ArgumentException">A length is wrong, or a derivative is not finite.</exception>
    /// <exception cref="NotPositiveDefiniteException">The Hessian is indefinite and no damping helps.</exception>
    public void Advance(double loss, ReadOnlySpan<double> gradient, ReadOnlySpan<double> packedHessian)
    {
        if (Finished)
        {
            throw new InvalidOperationException("The Newton descent has finished: no further sum is needed.");
        }

        RequireFinite(gradient, _proposed.Length);
        RequireFinite(packedHessian, PackedSymmetric.Length(_proposed.Length));
        double objective = loss;
        double[] descent = new double[_proposed.Length];
        double[] hessian = PackedSymmetric.Unpack(packedHessian, _proposed.Length);
        for (int i = 0; i < descent.Length; i++)
        {
            double penalty = _ridge[i] * _proposed[i];
            descent[i] = -(gradient[i] + penalty);
            objective += 0.5 * penalty * _proposed[i];
            hessian[(i * descent.Length) + i] += _ridge[i];
        }

        Rounds++;
        Objective = objective;
        if (double.IsNaN(objective) || objective > _acceptedObjective + (ObjectiveSlack * Math.Abs(_acceptedObjective)))
        {
            GoBackHalfWay();
            return;
        }

        _hessian = [.. hessian];
        double[] step = DampedCholesky.Solve(hessian, descent);
        _accepted = _proposed;
        _acceptedObjective = objective;
        _proposed = new double[step.Length];
        double squaredNorm = 0;
        for (int i = 0; i < step.Length; i++)
        {
            _proposed[i] = _accepted[i] + step[i];
            squaredNorm += step[i] * step[i];
        }

        StepNorm = Math.Sqrt(squaredNorm);
        Converged = Finished = StepNorm <= _tolerance;
    }

    /// <summary>
    /// The inverse of the Hessian, ridge included, at the last accepted point: n × n, row by row. For a negative
    /// log-likelihood without a ridge this is the asymptotic covariance of the estimates.
    /// </summary>
    /// <exception cref="NotPositiveDefiniteException">Some parameter is not determined by the data.</exception>
    public double[] Covariance() =>
        _hessian.Length > 0
            ? Cholesky.Inverse(_hessian, _accepted.Length)
            : throw new InvalidOperationException("No sum was taken in yet.");

    /// <summary>The roots of the diagonal of <see cref="Covariance"/>.</summary>
    public double[] StandardErrors()
    {
        double[] covariance = Covariance();
        int count = _accepted.Length;
        return [.. Enumerable.Range(0, count).Select(i => Math.Sqrt(covariance[(i * count) + i]))];
    }

    private void GoBackHalfWay()
    {
        (_proposed, StepNorm) = StepHalving.Between(_accepted, _proposed);
        if (StepNorm <= _tolerance)
        {
            // No step of any length lowers the objective by more than its rounding: as far as the sums can tell.
            _proposed = _accepted;
            Finished = true;
        }
    }

    private static void RequireFinite(ReadOnlySpan<double> sums, int length)
    {
        if (sums.Length != length)
        {
            throw new ArgumentException($"Expected {length} entries, got {sums.Length}.", nameof(sums));
        }

        for (int i = 0; i < sums.Length; i++)
        {
            if (!double.IsFinite(sums[i]))
            {
                throw new ArgumentException($"Entry {i} of the sums is not a finite number.", nameof(sums));
            }
        }
    }
}
