namespace DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

/// <summary>
/// What an attacker made of each canary, a record that a fair coin put into the training rows or left out: the higher
/// the score, the surer that it was in.
/// </summary>
public sealed class CanaryScores
{
    private readonly double[] _in;
    private readonly double[] _out;
    private readonly bool[] _fromHighest;

    /// <param name="scores">One finite score per canary.</param>
    /// <param name="included">Whether the coin put it in; as many.</param>
    /// <exception cref="ArgumentException">
    /// The lengths differ, a score is not a number, or all canaries are on one side.
    /// </exception>
    public CanaryScores(ReadOnlySpan<double> scores, ReadOnlySpan<bool> included)
    {
        if (scores.Length != included.Length)
        {
            throw new ArgumentException(
                $"Expected {scores.Length} memberships, got {included.Length}.", nameof(included));
        }

        int infinite = scores.IndexOfAnyExceptInRange(double.MinValue, double.MaxValue);
        if (infinite >= 0)
        {
            throw new ArgumentException($"The score of canary {infinite} is not a finite number.", nameof(scores));
        }

        if (!included.Contains(true) || !included.Contains(false))
        {
            throw new ArgumentException(
                "An audit needs canaries that are in and canaries that are out.", nameof(included));
        }

        // Equal scores stay in the order in which they came, which does not depend on the coins.
        int[] order = [.. Enumerable.Range(0, scores.Length)];
        double[] keys = scores.ToArray();
        bool[] members = included.ToArray();
        order = [.. order.OrderByDescending(canary => keys[canary])];
        _fromHighest = [.. order.Select(canary => members[canary])];
        _in = [.. order.Where(canary => members[canary]).Select(canary => keys[canary]).Reverse()];
        _out = [.. order.Where(canary => !members[canary]).Select(canary => keys[canary]).Reverse()];
    }

    /// <summary>Canaries, in and out.</summary>
    public int Count => _fromHighest.Length;

    /// <summary>Canaries that were in.</summary>
    public int InCount => _in.Length;

    /// <summary>Canaries that were left out.</summary>
    public int OutCount => _out.Length;

    /// <summary>The guess "in" for every score of at least <paramref name="threshold"/>.</summary>
    public CanaryGuesses Above(double threshold)
    {
        int truePositives = _in.Length - CountBelow(_in, threshold);
        return new CanaryGuesses(threshold, truePositives, _out.Length - CountBelow(_out, threshold));
    }

    /// <summary>The guess "in" for the <paramref name="guesses"/> canaries with the highest scores.</summary>
    public CanaryGuesses Highest(int guesses)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(guesses);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(guesses, Count);
        int truePositives = _fromHighest.AsSpan(0, guesses).Count(true);
        double threshold = truePositives == 0 ? _out[^guesses]
            : truePositives == guesses ? _in[^guesses]
            : Math.Min(_in[^truePositives], _out[^(guesses - truePositives)]);
        return new CanaryGuesses(threshold, truePositives, guesses - truePositives);
    }

    /// <summary>
    /// The corners of the concave hull of the ROC curve, from "all are in" to "none is": no other threshold does better
    /// for any weighing of the two errors (Provost and Fawcett, "Robust Classification for Imprecise Environments",
    /// Machine Learning 42, 2001).
    /// </summary>
    public IReadOnlyList<CanaryGuesses> Hull()
    {
        List<CanaryGuesses> hull = [];
        foreach (double threshold in Thresholds())
        {
            CanaryGuesses next = Above(threshold);
            while (hull.Count > 1 && IsBelowLine(hull[^2], hull[^1], next))
            {
                hull.RemoveAt(hull.Count - 1);
            }

            hull.Add(next);
        }

        return hull;
    }

    /// <summary>
    /// The chance that a canary that was in outscores one that was not, ties counting one half: the area under the ROC
    /// curve, from 0 to 1.
    /// </summary>
    public double AreaUnderCurve()
    {
        double wins = 0;
        foreach (double score in _in)
        {
            int below = CountBelow(_out, score);
            wins += below + (0.5 * (CountBelow(_out, Math.BitIncrement(score)) - below));
        }

        return wins / ((double)_in.Length * _out.Length);
    }

    /// <summary>
    /// The greatest share of the canaries that were in which any threshold finds while it takes at most
    /// <paramref name="falsePositiveRate"/> of the others for members.
    /// </summary>
    /// <remarks>No interpolation between thresholds, so with n canaries out a rate below 1/n allows none.</remarks>
    public double TruePositiveRate(double falsePositiveRate)
    {
        if (!(falsePositiveRate is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(falsePositiveRate), falsePositiveRate, "A rate is from 0 to 1.");
        }

        // The most members above a threshold that lies just over the first outsider too many.
        int allowed = (int)Math.Floor(falsePositiveRate * _out.Length);
        return allowed == _out.Length
            ? 1
            : (double)(_in.Length - CountBelow(_in, Math.BitIncrement(_out[^(allowed + 1)]))) / _in.Length;
    }

    private IEnumerable<double> Thresholds() =>
        _in.Concat(_out).Distinct().Order().Append(double.PositiveInfinity);

    // On or below the line from first to last, in the plane of (canaries out, canaries in) that are still guessed.
    private static bool IsBelowLine(CanaryGuesses first, CanaryGuesses middle, CanaryGuesses last)
    {
        long towards = (long)(first.FalsePositives - middle.FalsePositives)
            * (middle.TruePositives - last.TruePositives);
        long across = (long)(first.TruePositives - middle.TruePositives)
            * (middle.FalsePositives - last.FalsePositives);
        return towards <= across;
    }

    private static int CountBelow(double[] ascending, double threshold)
    {
        int low = 0;
        int high = ascending.Length;
        while (low < high)
        {
            int middle = low + ((high - low) / 2);
            if (ascending[middle] < threshold)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }
}
