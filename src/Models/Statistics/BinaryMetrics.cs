using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Statistics;

/// <summary>
/// One point of a ROC curve: the rates when every row with probability ≥ threshold is called positive.
/// </summary>
public readonly record struct RocPoint(double FalsePositiveRate, double TruePositiveRate, double Threshold);

/// <summary>
/// The rows whose probability lies in [Lower, Upper); the last bin holds 1 as well. An empty bin has no rates.
/// </summary>
public readonly record struct CalibrationBin(
    double Lower, double Upper, int Rows, double? MeanProbability, double? ObservedRate);

/// <summary>
/// How good predicted probabilities are. Labels are 0 or 1; what is undefined is null, never a number.
/// </summary>
public static class BinaryMetrics
{
    /// <summary>
    /// Probabilities nearer than this to 0 or 1 are moved there before a logarithm, so one row never costs ∞.
    /// </summary>
    public const double ProbabilityFloor = 1e-15;

    /// <summary>
    /// The share of rows on the right side of <paramref name="threshold"/>; a tie with it counts as positive.
    /// </summary>
    public static double? Accuracy(
        ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities, double threshold = 0.5)
    {
        RequirePairs(labels, probabilities);
        int correct = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            correct += IsCorrect(labels[row], probabilities[row], threshold) ? 1 : 0;
        }

        return labels.Length == 0 ? null : (double)correct / labels.Length;
    }

    /// <summary>The chance that a positive row outranks a negative one, ties counting ½; null with one class.</summary>
    /// <remarks>Mann and Whitney's U from mid-ranks: Hanley and McNeil, Radiology 143, 1982.</remarks>
    public static double? Auroc(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        RequirePairs(labels, probabilities);
        double wins = 0;
        int negatives = 0;
        int positives = 0;
        foreach ((_, int negativesHere, int positivesHere) in TiesInAscendingOrder(labels, probabilities))
        {
            wins += positivesHere * (negatives + (0.5 * negativesHere));
            negatives += negativesHere;
            positives += positivesHere;
        }

        return negatives == 0 || positives == 0 ? null : wins / ((double)negatives * positives);
    }

    /// <summary>The mean of (p − y)²: Brier, Monthly Weather Review 78, 1950, for one of its two classes.</summary>
    public static double? Brier(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        RequirePairs(labels, probabilities);
        double sum = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            sum += SquaredError(labels[row], probabilities[row]);
        }

        return labels.Length == 0 ? null : sum / labels.Length;
    }

    /// <summary>The mean of −y ln p − (1 − y) ln(1 − p), in nats.</summary>
    public static double? LogLoss(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        RequirePairs(labels, probabilities);
        double sum = 0;
        for (int row = 0; row < labels.Length; row++)
        {
            sum += RowLogLoss(labels[row], probabilities[row]);
        }

        return labels.Length == 0 ? null : sum / labels.Length;
    }

    /// <summary>
    /// Slope and intercept of the logistic regression of the labels on logit p: 1 and 0 where calibrated; a slope below
    /// 1 says that the predictions are too extreme. Cox, Biometrika 45, 1958.
    /// </summary>
    /// <remarks>
    /// Null where no finite optimum exists: one class, or a threshold that separates the classes, ties included (Albert
    /// and Anderson, Biometrika 71, 1984). Everywhere else the loss is strictly convex and Newton with halving finds
    /// it.
    /// </remarks>
    public static (double? Slope, double? Intercept) Calibration(
        ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        RequirePairs(labels, probabilities);
        double[] logits = new double[labels.Length];
        for (int row = 0; row < logits.Length; row++)
        {
            double p = AwayFromTheEnds(probabilities[row]);
            logits[row] = DeterministicMath.Log(p) - DeterministicMath.Log1p(-p);
        }

        if (IsSeparable(labels, logits))
        {
            return (null, null);
        }

        Training.LogisticFitResult fit = Training.LogisticFit.Run(new Table(1, logits, labels.ToArray()), l2: 0);
        return fit.Converged ? (fit.Parameters[0], fit.Parameters[1]) : (null, null);
    }

    /// <summary>The curve from (0, 0) to (1, 1), one point per distinct probability; null with one class.</summary>
    /// <remarks>The first point calls no row positive: its threshold is +∞.</remarks>
    public static IReadOnlyList<RocPoint>? RocCurve(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        RequirePairs(labels, probabilities);
        List<Tie> ties = TiesInAscendingOrder(labels, probabilities);
        int negatives = ties.Sum(tie => tie.Negatives);
        int positives = ties.Sum(tie => tie.Positives);
        if (negatives == 0 || positives == 0)
        {
            return null;
        }

        List<RocPoint> curve = [new RocPoint(0, 0, double.PositiveInfinity)];
        int falsePositives = 0;
        int truePositives = 0;
        for (int i = ties.Count - 1; i >= 0; i--)
        {
            falsePositives += ties[i].Negatives;
            truePositives += ties[i].Positives;
            curve.Add(new RocPoint(
                (double)falsePositives / negatives, (double)truePositives / positives, ties[i].Probability));
        }

        return curve;
    }

    /// <summary>Predicted against observed in <paramref name="bins"/> bins of equal width; null without rows.</summary>
    public static IReadOnlyList<CalibrationBin>? CalibrationBins(
        ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities, int bins)
    {
        RequirePairs(labels, probabilities);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bins);
        if (labels.Length == 0)
        {
            return null;
        }

        int[] rows = new int[bins];
        double[] predicted = new double[bins];
        double[] observed = new double[bins];
        for (int row = 0; row < labels.Length; row++)
        {
            int bin = BinOf(probabilities[row], bins);
            rows[bin]++;
            predicted[bin] += probabilities[row];
            observed[bin] += labels[row];
        }

        return [.. Enumerable.Range(0, bins).Select(bin => new CalibrationBin(
            (double)bin / bins,
            (bin + 1.0) / bins,
            rows[bin],
            rows[bin] == 0 ? null : predicted[bin] / rows[bin],
            rows[bin] == 0 ? null : observed[bin] / rows[bin]))];
    }

    internal static bool IsCorrect(double label, double probability, double threshold) =>
        probability >= threshold == (label == 1);

    internal static double SquaredError(double label, double probability) =>
        (probability - label) * (probability - label);

    internal static double RowLogLoss(double label, double probability)
    {
        double p = AwayFromTheEnds(probability);
        return label == 1 ? -DeterministicMath.Log(p) : -DeterministicMath.Log1p(-p);
    }

    /// <summary>The bin of equal width that holds a probability; 1 belongs to the last.</summary>
    internal static int BinOf(double probability, int bins) => Math.Min((int)(probability * bins), bins - 1);

    internal static void RequirePairs(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        if (labels.Length != probabilities.Length)
        {
            throw new ArgumentException($"{labels.Length} labels and {probabilities.Length} probabilities.");
        }

        for (int row = 0; row < labels.Length; row++)
        {
            if (labels[row] != 0 && labels[row] != 1)
            {
                throw new ArgumentException($"Row {row}: a label must be 0 or 1.", nameof(labels));
            }

            if (!(probabilities[row] >= 0 && probabilities[row] <= 1))
            {
                throw new ArgumentException($"Row {row}: a probability must be in [0, 1].", nameof(probabilities));
            }
        }
    }

    private static double AwayFromTheEnds(double probability) =>
        Math.Clamp(probability, ProbabilityFloor, 1 - ProbabilityFloor);

    private static bool IsSeparable(ReadOnlySpan<double> labels, ReadOnlySpan<double> scores)
    {
        double lowestPositive = double.PositiveInfinity;
        double highestPositive = double.NegativeInfinity;
        double lowestNegative = double.PositiveInfinity;
        double highestNegative = double.NegativeInfinity;
        for (int row = 0; row < labels.Length; row++)
        {
            if (labels[row] == 1)
            {
                lowestPositive = Math.Min(lowestPositive, scores[row]);
                highestPositive = Math.Max(highestPositive, scores[row]);
            }
            else
            {
                lowestNegative = Math.Min(lowestNegative, scores[row]);
                highestNegative = Math.Max(highestNegative, scores[row]);
            }
        }

        return highestNegative <= lowestPositive || highestPositive <= lowestNegative;
    }

    private static List<Tie> TiesInAscendingOrder(ReadOnlySpan<double> labels, ReadOnlySpan<double> probabilities)
    {
        double[] sortedProbabilities = probabilities.ToArray();
        double[] sortedLabels = labels.ToArray();
        Array.Sort(sortedProbabilities, sortedLabels);

        List<Tie> ties = [];
        for (int row = 0; row < sortedLabels.Length; row++)
        {
            int positive = sortedLabels[row] == 1 ? 1 : 0;
            if (ties.Count > 0 && ties[^1].Probability == sortedProbabilities[row])
            {
                Tie tie = ties[^1];
                ties[^1] = new Tie(tie.Probability, tie.Negatives + 1 - positive, tie.Positives + positive);
            }
            else
            {
                ties.Add(new Tie(sortedProbabilities[row], 1 - positive, positive));
            }
        }

        return ties;
    }

    /// <summary>All rows with one probability, counted by class.</summary>
    private readonly record struct Tie(double Probability, int Negatives, int Positives);
}
