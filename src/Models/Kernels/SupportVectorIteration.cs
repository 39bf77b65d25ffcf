using DigitalTwin.Models.Training;

namespace DigitalTwin.Models.Kernels;

/// <summary>A fitted support vector machine.</summary>
/// <param name="Parameters">The weights, then the intercept; the class is the sign of w · x + b.</param>
/// <param name="Objective">½ λ‖w‖² + ½ Σ loss where the last sum was taken.</param>
/// <param name="Converged">The last step was shorter than the tolerance.</param>
/// <param name="Rounds">How many sums were formed.</param>
public sealed record SupportVectorResult(double[] Parameters, double Objective, bool Converged, int Rounds);

/// <summary>The finite Newton method of a <see cref="SupportVectorMachine"/> as its rounds see it.</summary>
public sealed class SupportVectorIteration
{
    private readonly SupportVectorMachine _machine;
    private readonly NewtonDescent _descent;

    /// <param name="machine">Which loss.</param>
    /// <param name="l2">λ, positive.</param>
    /// <param name="tolerance">A step shorter than this ends the iteration.</param>
    public SupportVectorIteration(SupportVectorMachine machine, double l2, double tolerance = 1e-9)
    {
        ArgumentNullException.ThrowIfNull(machine);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(l2);
        _machine = machine;
        double[] ridge = [.. Enumerable.Repeat(l2, machine.Columns), 0];
        _descent = new NewtonDescent(new double[ridge.Length], ridge, tolerance);
    }

    /// <summary>Where the next statistic is to be taken.</summary>
    public ReadOnlySpan<double> Parameters => _descent.Parameters;

    /// <summary>Sums taken in so far.</summary>
    public int Rounds => _descent.Rounds;

    public bool Finished => _descent.Finished;

    /// <summary>Takes the sum of the sites' <see cref="SupportVectorMachine.LocalStatistic"/> and moves on.</summary>
    /// <exception cref="ArgumentException">The length is wrong, or a number is not finite.</exception>
    public void Advance(ReadOnlySpan<double> sum)
    {
        if (sum.Length != _machine.StatisticLength)
        {
            throw new ArgumentException(
                $"Expected {_machine.StatisticLength} entries, got {sum.Length}.", nameof(sum));
        }

        _descent.Advance(SupportVectorMachine.LossOf(sum), _machine.GradientOf(sum), _machine.HessianOf(sum));
    }

    /// <summary>What the sums so far say.</summary>
    public SupportVectorResult Result() =>
        new(_descent.Parameters.ToArray(), _descent.Objective, _descent.Converged, _descent.Rounds);
}
