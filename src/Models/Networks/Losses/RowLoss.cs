namespace DigitalTwin.Models.Networks.Losses;

/// <summary>A loss of one row at a time.</summary>
public abstract record RowLoss : Loss
{
    public sealed override bool IsSumOverRows => true;

    private protected abstract double EvaluateRow(
        ReadOnlySpan<double> output, ReadOnlySpan<float> target, Span<double> gradient);

    private protected sealed override double Evaluate(
        int rows, ReadOnlySpan<double> outputs, ReadOnlySpan<float> targets, Span<double> gradient)
    {
        double sum = 0;
        for (int row = 0; row < rows; row++)
        {
            sum += EvaluateRow(
                outputs.Slice(row * OutputSize, OutputSize),
                targets.Slice(row * TargetSize, TargetSize),
                gradient.Slice(row * OutputSize, OutputSize));
        }

        return sum;
    }

    /// <summary>A target that counts things from 0 to below <paramref name="bound"/>.</summary>
    private protected static int IndexOf(float target, int bound, string what)
    {
        if (!(target >= 0 && target < bound) || target != MathF.Floor(target))
        {
            throw new ArgumentException(
                $"The target's {what} is {target}; allowed: whole numbers from 0 to {bound - 1}.");
        }

        return (int)target;
    }
}
