namespace DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

/// <summary>The probabilities of a binomial law, and its exact confidence bounds.</summary>
/// <remarks>
/// The probabilities are made by their recurrence from the mode outwards and divided by their sum, so no factorial is
/// needed and the relative error stays below some 1e-12 for 10^5 trials. What lies 1e-308 below the mode counts as 0.
/// </remarks>
internal sealed class BinomialTail
{
    private readonly double[] _mass;

    /// <param name="trials">Zero or more.</param>
    /// <param name="success">Probability of a success, from 0 to 1.</param>
    public BinomialTail(int trials, double success)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(trials);
        if (!(success is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(nameof(success), success, "A probability is from 0 to 1.");
        }

        _mass = new double[trials + 1];
        int mode = (int)Math.Min(trials, Math.Floor((trials + 1.0) * success));
        _mass[mode] = 1;
        double odds = success / (1 - success);
        for (int k = mode; k < trials && _mass[k] > 0; k++)
        {
            _mass[k + 1] = _mass[k] * odds * (trials - k) / (k + 1);
        }

        for (int k = mode; k > 0 && _mass[k] > 0; k--)
        {
            _mass[k - 1] = _mass[k] / odds * k / (trials - k + 1);
        }

        double sum = _mass.Sum();
        for (int k = 0; k <= trials; k++)
        {
            _mass[k] /= sum;
        }
    }

    /// <summary>P(X = <paramref name="successes"/>).</summary>
    public double Mass(int successes) => _mass[successes];

    /// <summary>P(X ≥ <paramref name="successes"/>), summed from the far end on.</summary>
    public double AtLeast(int successes)
    {
        double tail = 0;
        for (int k = _mass.Length - 1; k >= Math.Max(0, successes); k--)
        {
            tail += _mass[k];
        }

        return Math.Min(1, tail);
    }

    /// <summary>The least success probability that <paramref name="successes"/> or more is not too rare for.</summary>
    /// <remarks>
    /// The one-sided bound of Clopper and Pearson, "The Use of Confidence or Fiducial Limits", Biometrika 26, 1934:
    /// below it so many successes have less than probability <paramref name="significance"/>.
    /// </remarks>
    public static double LowerBound(int successes, int trials, double significance)
    {
        if (successes == 0)
        {
            return 0;
        }

        // P(X ≥ k) rises with p; 60 halvings leave less than a double's last place.
        double low = 0;
        double high = 1;
        for (int i = 0; i < 60; i++)
        {
            double middle = (low + high) / 2;
            if (new BinomialTail(trials, middle).AtLeast(successes) < significance)
            {
                low = middle;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    /// <summary>The greatest success probability that so few successes are not too rare for.</summary>
    public static double UpperBound(int successes, int trials, double significance) =>
        1 - LowerBound(trials - successes, trials, significance);
}
