namespace DigitalTwin.Models.Networks.Optimisers;

/// <summary>The learning rate of each step of training, counted from 0.</summary>
public abstract record LearningRate
{
    /// <summary>Steps over which the rate first grows in a straight line from Peak / WarmUp; 0: at once.</summary>
    /// <remarks>Goyal et al., "Accurate, large minibatch SGD", arXiv 1706.02677, §2.2.</remarks>
    public int WarmUp { get; init; }

    public double At(int step)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(step);
        return step < WarmUp ? AfterWarmUp(0) * (step + 1) / WarmUp : AfterWarmUp(step - WarmUp);
    }

    private protected abstract double AfterWarmUp(int step);
}

/// <summary>The same rate for all steps.</summary>
public sealed record ConstantRate(double Rate) : LearningRate
{
    private protected override double AfterWarmUp(int step) => Rate;
}

/// <summary>Multiplied by <paramref name="Factor"/> after every <paramref name="Every"/> steps.</summary>
public sealed record SteppedRate(double Peak, int Every, double Factor) : LearningRate
{
    private protected override double AfterWarmUp(int step)
    {
        double rate = Peak;
        for (int i = Every; i <= step; i += Every)
        {
            rate *= Factor;
        }

        return rate;
    }
}

/// <summary>floor + (peak − floor) (1 + cos(π t / steps)) / 2, then the floor.</summary>
/// <remarks>Loshchilov and Hutter, "SGDR", ICLR 2017, equation 5, with one period.</remarks>
public sealed record CosineRate(double Peak, int Steps, double Floor = 0) : LearningRate
{
    // Terms of the series up to π^28 / 28! = 2.7e-16.
    private const int LastTerm = 28;

    private protected override double AfterWarmUp(int step) => step >= Steps
        ? Floor
        : Floor + ((Peak - Floor) * (1 + Cosine(Math.PI * step / Steps)) / 2);

    /// <summary>The cosine on [0, π] by its series: the library's differs in the last bit between machines.</summary>
    private static double Cosine(double x)
    {
        double sum = 1;
        for (int n = LastTerm; n >= 2; n -= 2)
        {
            sum = 1 - (sum * x * x / (n * (n - 1)));
        }

        return sum;
    }
}
