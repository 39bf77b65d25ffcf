namespace DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

/// <summary>
/// How sure models are of the true label of each of some records, known for models that were and models that were not
/// trained on it: what the likelihood-ratio attack knows about the world before it sees its target.
/// </summary>
/// <remarks>
/// LiRA of Carlini et al., "Membership Inference Attacks From First Principles", IEEE S&amp;P 2022. A confidence p
/// enters as ln(p / (1 − p)), which is nearly normal (their section V-A); for a binary outcome it is the log-odds of
/// the true label.
/// </remarks>
public sealed class ShadowConfidences
{
    /// <summary>Models per side from which on every record has variances of its own, not common ones.</summary>
    /// <remarks>Section VI-C there: below, one common variance finds more.</remarks>
    public const int ModelsForOwnVariance = 64;

    private readonly NormalMoments[] _in;
    private readonly NormalMoments[] _out;

    /// <param name="records">How many records there are.</param>
    public ShadowConfidences(int records)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(records);
        _in = new NormalMoments[records];
        _out = new NormalMoments[records];
    }

    /// <summary>Records the attack is about.</summary>
    public int Records => _in.Length;

    /// <summary>One shadow model.</summary>
    /// <param name="logits">ln(p / (1 − p)) of the true label, one finite number per record.</param>
    /// <param name="included">For each record whether the model was trained on it.</param>
    /// <exception cref="ArgumentException">A length is wrong, or a logit is not finite.</exception>
    public void Add(ReadOnlySpan<double> logits, ReadOnlySpan<bool> included)
    {
        RequireRecords(logits, nameof(logits));
        if (included.Length != Records)
        {
            throw new ArgumentException($"Expected {Records} memberships, got {included.Length}.", nameof(included));
        }

        for (int record = 0; record < Records; record++)
        {
            NormalMoments[] side = included[record] ? _in : _out;
            side[record] = side[record].With(logits[record]);
        }
    }

    /// <summary>The online attack: ln of the likelihood of each logit of a target under "in" over that under
    /// "out".</summary>
    /// <param name="logits">Of the target model, as in <see cref="Add"/>.</param>
    /// <returns>One score per record; 0 where no shadow model was trained with it, or none without.</returns>
    public double[] OnlineScores(ReadOnlySpan<double> logits)
    {
        RequireRecords(logits, nameof(logits));
        double commonIn = CommonVariance(_in);
        double commonOut = CommonVariance(_out);
        double[] scores = new double[Records];
        for (int record = 0; record < Records; record++)
        {
            if (_in[record].Count > 0 && _out[record].Count > 0)
            {
                scores[record] = _in[record].LogDensity(logits[record], commonIn)
                    - _out[record].LogDensity(logits[record], commonOut);
            }
        }

        return scores;
    }

    /// <summary>
    /// The offline attack, which needs no model that was trained on the record: how many standard deviations each logit
    /// lies above those of models that were not.
    /// </summary>
    /// <inheritdoc cref="OnlineScores" path="/param"/>
    /// <returns>One score per record; 0 where every shadow model was trained with it.</returns>
    public double[] OfflineScores(ReadOnlySpan<double> logits)
    {
        RequireRecords(logits, nameof(logits));
        double common = CommonVariance(_out);
        double[] scores = new double[Records];
        for (int record = 0; record < Records; record++)
        {
            if (_out[record].Count > 0)
            {
                scores[record] = (logits[record] - _out[record].Mean)
                    / Math.Sqrt(_out[record].VarianceOr(common));
            }
        }

        return scores;
    }

    private static double CommonVariance(NormalMoments[] side)
    {
        double squares = side.Sum(moments => moments.Squares);
        int degrees = side.Sum(moments => int.Max(0, moments.Count - 1));
        return Math.Max(double.Epsilon, degrees > 0 ? squares / degrees : 1);
    }

    private void RequireRecords(ReadOnlySpan<double> logits, string name)
    {
        if (logits.Length != Records)
        {
            throw new ArgumentException($"Expected {Records} logits, got {logits.Length}.", name);
        }

        int infinite = logits.IndexOfAnyExceptInRange(double.MinValue, double.MaxValue);
        if (infinite >= 0)
        {
            throw new ArgumentException($"The logit of record {infinite} is not a finite number.", name);
        }
    }

    /// <remarks>Sums of squares about the mean, updated one value at a time: Welford, Technometrics 4, 1962.</remarks>
    private readonly record struct NormalMoments(int Count, double Mean, double Squares)
    {
        public NormalMoments With(double value)
        {
            double distance = value - Mean;
            double mean = Mean + (distance / (Count + 1));
            return new NormalMoments(Count + 1, mean, Squares + (distance * (value - mean)));
        }

        public double VarianceOr(double common) =>
            Count < ModelsForOwnVariance ? common : Math.Max(double.Epsilon, Squares / (Count - 1));

        // Without the constant ln √2π, which is the same on both sides.
        public double LogDensity(double value, double common)
        {
            double variance = VarianceOr(common);
            double distance = value - Mean;
            return (-distance * distance / (2 * variance)) - (Math.Log(variance) / 2);
        }
    }
}
