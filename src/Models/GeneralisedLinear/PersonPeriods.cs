namespace DigitalTwin.Models.GeneralisedLinear;

/// <summary>Follow-up times cut into intervals: one row per patient and interval survived or ended in.</summary>
/// <remarks>
/// <para>
/// A binary regression of the label "the event came in this interval" on interval dummies and features is the
/// likelihood of a discrete-time hazard: Singer and Willett, J. Educational Statistics 18(2), 1993; with the
/// complementary log-log link the features act as proportional hazards on the continuous time behind the intervals.
/// </para>
/// <para>
/// Interval j is (c_{j−1}, c_j] with c_0 = 0. A patient censored inside an interval did not survive it under
/// observation and adds no row for it. What comes after the last cut is not modelled: the patient is censored there.
/// </para>
/// </remarks>
public static class PersonPeriods
{
    /// <summary>The expanded rows: a dummy per interval, then the features; fit them without an intercept.</summary>
    /// <param name="patients">Features; the label is 1 for an event at the end of follow-up, 0 for censoring.</param>
    /// <param name="times">Length of follow-up per patient, positive, in the unit of the cuts.</param>
    /// <param name="cuts">c_1 &lt; c_2 &lt; …, positive: public, the same at every site.</param>
    /// <exception cref="ArgumentException">Lengths disagree, a time is not positive, or cuts do not rise.</exception>
    public static Table Expand(Table patients, ReadOnlySpan<double> times, ReadOnlySpan<double> cuts)
    {
        ArgumentNullException.ThrowIfNull(patients);
        RequireCuts(cuts);
        if (times.Length != patients.Rows)
        {
            throw new ArgumentException($"{patients.Rows} patients and {times.Length} times.", nameof(times));
        }

        List<double> features = [];
        List<double> labels = [];
        double[] dummies = new double[cuts.Length];
        for (int patient = 0; patient < patients.Rows; patient++)
        {
            double time = times[patient];
            if (!(time > 0))
            {
                throw new ArgumentException($"Patient {patient}: a time must be positive.", nameof(times));
            }

            for (int j = 0; j < cuts.Length && (j == 0 || time > cuts[j - 1]); j++)
            {
                bool ends = time <= cuts[j];
                bool hasEvent = ends && patients.Label(patient) == 1;
                if (ends && !hasEvent && time < cuts[j])
                {
                    break;
                }

                Array.Clear(dummies);
                dummies[j] = 1;
                features.AddRange(dummies);
                features.AddRange(patients.Row(patient));
                labels.Add(hasEvent ? 1 : 0);
            }
        }

        return new Table(cuts.Length + patients.Columns, [.. features], [.. labels]);
    }

    /// <summary>λ for the features, 0 for the interval dummies.</summary>
    public static double[] Ridge(int intervals, int features, double l2) =>
        [.. new double[intervals], .. Enumerable.Repeat(l2, features)];

    /// <summary>S(c_j) = Π_{i ≤ j} (1 − h_i): the chance to be free of the event after each cut.</summary>
    /// <param name="model">Fitted without an intercept on expanded rows.</param>
    /// <param name="parameters">Of the intervals, then of the features.</param>
    /// <param name="features">Of one patient.</param>
    public static double[] Survival(
        GeneralisedLinearModel model, ReadOnlySpan<double> parameters, ReadOnlySpan<double> features)
    {
        ArgumentNullException.ThrowIfNull(model);
        double[] row = new double[model.Columns];
        int intervals = model.Columns - features.Length;
        features.CopyTo(row.AsSpan(intervals));
        double[] survival = new double[intervals];
        double free = 1;
        for (int j = 0; j < intervals; j++)
        {
            row[j] = 1;
            free *= 1 - model.Family.Mean(model.Predictor(parameters, row));
            survival[j] = free;
            row[j] = 0;
        }

        return survival;
    }

    private static void RequireCuts(ReadOnlySpan<double> cuts)
    {
        double last = 0;
        foreach (double cut in cuts)
        {
            if (!(cut > last) || !double.IsFinite(cut))
            {
                throw new ArgumentException("The cuts must be positive and rise.", nameof(cuts));
            }

            last = cut;
        }

        if (cuts.IsEmpty)
        {
            throw new ArgumentException("At least one cut is needed.", nameof(cuts));
        }
    }
}
