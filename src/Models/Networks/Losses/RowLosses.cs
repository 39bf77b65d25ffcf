using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Losses;

/// <summary>½ Σ (y − t)².</summary>
/// <param name="Outputs">Numbers to predict.</param>
public sealed record SquaredLoss(int Outputs) : RowLoss
{
    public override int OutputSize => Outputs;

    public override int TargetSize => Outputs;

    private protected override double EvaluateRow(
        ReadOnlySpan<double> output, ReadOnlySpan<float> target, Span<double> gradient)
    {
        double sum = 0;
        for (int i = 0; i < output.Length; i++)
        {
            gradient[i] = output[i] - target[i];
            sum += gradient[i] * gradient[i] / 2;
        }

        return sum;
    }
}

/// <summary>
/// Σ ln(1 + e^m) − t m over tasks with log-odds m; a task whose target is NaN is unknown for the row and left out.
/// </summary>
/// <param name="Tasks">Events to predict, each on its own.</param>
public sealed record BinaryLoss(int Tasks) : RowLoss
{
    public override int OutputSize => Tasks;

    public override int TargetSize => Tasks;

    private protected override double EvaluateRow(
        ReadOnlySpan<double> output, ReadOnlySpan<float> target, Span<double> gradient)
    {
        double sum = 0;
        for (int i = 0; i < output.Length; i++)
        {
            bool known = !float.IsNaN(target[i]);
            gradient[i] = known ? DeterministicMath.Sigmoid(output[i]) - target[i] : 0;
            sum += known ? DeterministicMath.LogLoss(output[i], target[i]) : 0;
        }

        return sum;
    }
}

/// <summary>−ln of the softmax at the true class: ln Σ e^m − m_t; the target is the number of the class.</summary>
/// <param name="Classes">Classes that exclude each other.</param>
public sealed record SoftmaxLoss(int Classes) : RowLoss
{
    public override int OutputSize => Classes;

    public override int TargetSize => 1;

    private protected override double EvaluateRow(
        ReadOnlySpan<double> output, ReadOnlySpan<float> target, Span<double> gradient)
    {
        int label = IndexOf(target[0], Classes, "class");
        double largest = double.NegativeInfinity;
        foreach (double margin in output)
        {
            largest = Math.Max(largest, margin);
        }

        double sum = 0;
        for (int i = 0; i < output.Length; i++)
        {
            gradient[i] = DeterministicMath.Exp(output[i] - largest);
            sum += gradient[i];
        }

        for (int i = 0; i < output.Length; i++)
        {
            gradient[i] = (gradient[i] / sum) - (i == label ? 1 : 0);
        }

        return DeterministicMath.Log(sum) + largest - output[label];
    }
}

/// <summary>e^m − t m for a count t with log-rate m; ln t! is left out, since no parameter moves it.</summary>
public sealed record PoissonLoss : RowLoss
{
    public override int OutputSize => 1;

    public override int TargetSize => 1;

    private protected override double EvaluateRow(
        ReadOnlySpan<double> output, ReadOnlySpan<float> target, Span<double> gradient)
    {
        double rate = DeterministicMath.Exp(output[0]);
        gradient[0] = rate - target[0];
        return rate - (target[0] * output[0]);
    }
}

/// <summary>Σ over levels τ of max(τ (t − q), (τ − 1) (t − q)): the q that it makes small are quantiles.</summary>
/// <remarks>
/// Koenker and Bassett, "Regression quantiles", Econometrica 46(1), 1978. At t = q the gradient is 0.
/// </remarks>
public sealed record QuantileLoss : RowLoss
{
    private readonly double[] _levels;

    /// <param name="levels">τ, each within (0, 1).</param>
    public QuantileLoss(params double[] levels)
    {
        ArgumentNullException.ThrowIfNull(levels);
        foreach (double level in levels)
        {
            if (!(level > 0 && level < 1))
            {
                throw new ArgumentOutOfRangeException(nameof(levels), level, "A level lies between 0 and 1.");
            }
        }

        _levels = [.. levels];
    }

    public override int OutputSize => _levels.Length;

    public override int TargetSize => 1;

    private protected override double EvaluateRow(
        ReadOnlySpan<double> output, ReadOnlySpan<float> target, Span<double> gradient)
    {
        double sum = 0;
        for (int i = 0; i < output.Length; i++)
        {
            double above = target[0] - output[i];
            double slope = above > 0 ? _levels[i] : above < 0 ? _levels[i] - 1 : 0;
            gradient[i] = -slope;
            sum += slope * above;
        }

        return sum;
    }
}

/// <summary>Cumulative logits: P(grade ≤ k) = σ(θ_k − η); the target is the grade.</summary>
/// <remarks>
/// McCullagh, "Regression models for ordinal data", JRSS B 42(2), 1980. Outputs: the score η, then θ_0, then the raw
/// widths w_k with θ_k = θ_(k−1) + ln(1 + e^w_k), so that thresholds are ordered. With u and l the upper and lower
/// bounds minus η, the probability is σ(u) σ(−l) (1 − e^(l − u)), which loses no digits.
/// </remarks>
/// <param name="Grades">Grades from best to worst, at least 2.</param>
public sealed record OrdinalLoss(int Grades) : RowLoss
{
    /// <summary>One score and a threshold between each two grades.</summary>
    public override int OutputSize => Grades;

    public override int TargetSize => 1;

    private protected override double EvaluateRow(
        ReadOnlySpan<double> output, ReadOnlySpan<float> target, Span<double> gradient)
    {
        int grade = IndexOf(target[0], Grades, "grade");
        gradient.Clear();
        double loss = 0;
        double upper = double.PositiveInfinity;
        double lower = double.NegativeInfinity;
        double slopeUpper = 0;
        double slopeLower = 0;
        if (grade < Grades - 1)
        {
            upper = Threshold(output, grade) - output[0];
            loss += DeterministicMath.LogLoss(upper, 1);
            slopeUpper = DeterministicMath.Sigmoid(upper) - 1;
        }

        if (grade > 0)
        {
            lower = Threshold(output, grade - 1) - output[0];
            loss += DeterministicMath.LogLoss(lower, 0);
            slopeLower = DeterministicMath.Sigmoid(lower);
        }

        if (grade > 0 && grade < Grades - 1)
        {
            double ratio = DeterministicMath.Exp(lower - upper);
            loss -= DeterministicMath.Log1p(-ratio);
            slopeUpper -= ratio / (1 - ratio);
            slopeLower += ratio / (1 - ratio);
        }

        gradient[0] = -slopeUpper - slopeLower;
        AddThresholdGradient(output, grade, slopeUpper, gradient);
        AddThresholdGradient(output, grade - 1, slopeLower, gradient);
        return loss;
    }

    private static double Threshold(ReadOnlySpan<double> output, int k)
    {
        double threshold = output[1];
        for (int i = 1; i <= k; i++)
        {
            threshold += DeterministicMath.LogLoss(output[i + 1], 0);
        }

        return threshold;
    }

    private void AddThresholdGradient(ReadOnlySpan<double> output, int k, double slope, Span<double> gradient)
    {
        if (k < 0 || k >= Grades - 1)
        {
            return;
        }

        gradient[1] += slope;
        for (int i = 1; i <= k; i++)
        {
            gradient[i + 1] += slope * DeterministicMath.Sigmoid(output[i + 1]);
        }
    }
}

/// <summary>Survival in intervals: output j is the log-odds of the event in interval j for who reached it.</summary>
/// <remarks>
/// Gensheimer and Narasimhan, "A scalable discrete-time survival model for neural networks", PeerJ 7:e6257, 2019. The
/// target is the interval and 1 where the event happened in it, or 0 where the row was last seen at its beginning.
/// </remarks>
/// <param name="Intervals">Intervals of the follow-up.</param>
public sealed record HazardLoss(int Intervals) : RowLoss
{
    public override int OutputSize => Intervals;

    public override int TargetSize => 2;

    private protected override double EvaluateRow(
        ReadOnlySpan<double> output, ReadOnlySpan<float> target, Span<double> gradient)
    {
        bool happened = IndexOf(target[1], 2, "event") == 1;
        int last = IndexOf(target[0], happened ? Intervals : Intervals + 1, "interval");
        gradient.Clear();
        double sum = 0;
        for (int j = 0; j < last + (happened ? 1 : 0); j++)
        {
            int label = happened && j == last ? 1 : 0;
            gradient[j] = DeterministicMath.Sigmoid(output[j]) - label;
            sum += DeterministicMath.LogLoss(output[j], label);
        }

        return sum;
    }
}
