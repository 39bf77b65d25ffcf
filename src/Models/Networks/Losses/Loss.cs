namespace DigitalTwin.Models.Networks.Losses;

/// <summary>What training makes small: a sum over the rows of a batch, and its gradient at the outputs.</summary>
/// <remarks>
/// A loss reads few numbers, so it is worked out in doubles and with <see cref="Numerics.DeterministicMath"/>; only the
/// gradient is rounded to floats on its way back into the network.
/// </remarks>
public abstract record Loss
{
    /// <summary>Outputs that the network must have per row.</summary>
    public abstract int OutputSize { get; }

    /// <summary>Floats of one row's target.</summary>
    public abstract int TargetSize { get; }

    /// <summary>Whether a row's loss depends on that row alone; clipping per patient needs it.</summary>
    public abstract bool IsSumOverRows { get; }

    /// <summary>The sum of the rows' losses; the gradient is written to <paramref name="gradient"/>.</summary>
    /// <param name="rows">B.</param>
    /// <param name="outputs">B × <see cref="OutputSize"/>.</param>
    /// <param name="targets">B × <see cref="TargetSize"/>.</param>
    /// <param name="gradient">B × <see cref="OutputSize"/>.</param>
    /// <exception cref="ArgumentException">A length or a target is not as the loss needs it.</exception>
    public double LossAndGradient(
        int rows, ReadOnlySpan<double> outputs, ReadOnlySpan<float> targets, Span<double> gradient)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(rows);
        RequireLength(nameof(outputs), checked(rows * OutputSize), outputs.Length);
        RequireLength(nameof(targets), checked(rows * TargetSize), targets.Length);
        RequireLength(nameof(gradient), outputs.Length, gradient.Length);
        return Evaluate(rows, outputs, targets, gradient);
    }

    private protected abstract double Evaluate(
        int rows, ReadOnlySpan<double> outputs, ReadOnlySpan<float> targets, Span<double> gradient);

    private static void RequireLength(string name, int expected, int length)
    {
        if (length != expected)
        {
            throw new ArgumentException($"Expected {expected} {name}, got {length}.", name);
        }
    }
}
