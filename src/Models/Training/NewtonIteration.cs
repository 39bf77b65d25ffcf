namespace DigitalTwin.Models.Training;

/// <summary>
/// Newton's method as its rounds see it: parameters go out, a sum comes back, until the steps are short.
/// </summary>
/// <remarks>
/// The pooled fit and the federated study run this same object, so they differ only by how the sum was made. It holds
/// no more than the sums it was given: replaying them gives the same bits.
/// </remarks>
public sealed class NewtonIteration
{
    // Near the optimum the objective changes by less than its rounding (or the step of a fixed-point sum): such a rise
    // is no overshoot.
    private const double ObjectiveSlack = 1e-9;

    private readonly double _l2;
    private readonly double _tolerance;
    private double[] _accepted;
    private double[] _proposed;
    private double _acceptedObjective = double.PositiveInfinity;

    /// <param name="columns">Features of a row.</param>
    /// <param name="l2">λ of the objective Σ log-loss + ½ λ‖w‖².</param>
    /// <param name="tolerance">A step shorter than this ends the iteration.</param>
    public NewtonIteration(int columns, double l2, double tolerance = 1e-10)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfNegative(l2);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(tolerance);
        _l2 = l2;
        _tolerance = tolerance;
        _accepted = new double[columns + 1];
        _proposed = new double[columns + 1];
    }

    /// <summary>Where the next statistic is to be taken; the solution once <see cref="Converged"/>.</summary>
    public ReadOnlySpan<double> Parameters => _proposed;

    /// <summary>Sums taken in so far.</summary>
    public int Rounds { get; private set; }

    /// <summary>The last step was shorter than the tolerance and no limit held it back.</summary>
    public bool Converged { get; private set; }

    /// <summary>The intercept stands at its limit: the data have no finite optimum, as with one class.</summary>
    public bool InterceptAtLimit { get; private set; }

    /// <summary>
    /// The next sum would change nothing: converged, resting at the limit, or unable to improve.
    /// </summary>
    public bool Finished { get; private set; }

    /// <summary>Σ log-loss + ½ λ‖w‖² at the parameters that the last sum was taken at; +∞ before the first.</summary>
    public double Objective { get; private set; } = double.PositiveInfinity;

    /// <summary>Length of the last step; +∞ before the first.</summary>
    public double StepNorm { get; private set; } = double.PositiveInfinity;

    /// <summary>Takes the sum of the statistics at <see cref="Parameters"/> and moves on.</summary>
    /// <exception cref="InvalidOperationException">The iteration has finished.</exception>
    public void Advance(ReadOnlySpan<double> sum)
    {
        if (Finished)
        {
            throw new InvalidOperationException("The Newton iteration has finished: no further sum is needed.");
        }

        NewtonStep step = NewtonLogistic.Step(sum, _proposed, _l2);
        Rounds++;
        Objective = step.Objective;
        if (step.Objective > _acceptedObjective + (ObjectiveSlack * Math.Abs(_acceptedObjective)))
        {
            GoBackHalfWay();
            return;
        }

        _accepted = _proposed;
        _acceptedObjective = step.Objective;
        _proposed = step.Parameters;
        StepNorm = step.StepNorm;
        InterceptAtLimit = step.InterceptAtLimit;
        Finished = step.StepNorm <= _tolerance;
        Converged = Finished && !step.InterceptAtLimit;
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

        InterceptAtLimit = Math.Abs(_proposed[^1]) == NewtonLogistic.InterceptLimit;
    }
}
