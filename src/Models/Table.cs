namespace DigitalTwin.Models;

/// <summary>Patients as rows: the features of each and the label to be predicted. It never changes.</summary>
public sealed class Table
{
    /// <summary>
    /// What is added to a standard deviation before dividing, so that a constant column gives 0, not NaN.
    /// </summary>
    public const double StandardDeviationFloor = 1e-9;

    private readonly double[] _features;
    private readonly double[] _labels;

    /// <summary>Takes a copy of both arrays.</summary>
    /// <param name="columns">The number of features of a row.</param>
    /// <param name="rowMajorFeatures">rows × columns, row after row.</param>
    /// <param name="labels">One per row; 0 or 1 for a classification.</param>
    /// <exception cref="ArgumentException">The lengths disagree, or a value is NaN or infinite.</exception>
    public Table(int columns, double[] rowMajorFeatures, double[] labels)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentNullException.ThrowIfNull(rowMajorFeatures);
        ArgumentNullException.ThrowIfNull(labels);
        if (rowMajorFeatures.Length != (long)columns * labels.Length)
        {
            throw new ArgumentException(
                $"{labels.Length} rows of {columns} columns need {(long)columns * labels.Length} features, "
                + $"got {rowMajorFeatures.Length}.",
                nameof(rowMajorFeatures));
        }

        RefuseNonFinite(columns, rowMajorFeatures, labels);
        Columns = columns;
        _features = [.. rowMajorFeatures];
        _labels = [.. labels];
    }

    public int Rows => _labels.Length;

    public int Columns { get; }

    /// <summary>The features of one row.</summary>
    public ReadOnlySpan<double> Row(int row) => _features.AsSpan(row * Columns, Columns);

    /// <summary>The label of one row.</summary>
    public double Label(int row) => _labels[row];

    /// <summary>All labels, in the order of the rows.</summary>
    public ReadOnlySpan<double> Labels => _labels;

    /// <summary>The numbers of all rows, in order.</summary>
    public int[] AllRows() => [.. Enumerable.Range(0, Rows)];

    /// <summary>A table of the named rows, in the order named; a row may come twice.</summary>
    public Table Select(ReadOnlySpan<int> rows)
    {
        double[] features = new double[rows.Length * Columns];
        double[] labels = new double[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            Row(rows[i]).CopyTo(features.AsSpan(i * Columns));
            labels[i] = _labels[rows[i]];
        }

        return new Table(Columns, features, labels);
    }

    /// <summary>The same rows with their last columns only, such as the last step of a sequence.</summary>
    /// <param name="columns">From 1 to <see cref="Columns"/>.</param>
    public Table LastColumns(int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(columns, Columns);
        double[] features = new double[Rows * columns];
        for (int row = 0; row < Rows; row++)
        {
            Row(row)[^columns..].CopyTo(features.AsSpan(row * columns));
        }

        return new Table(columns, features, _labels);
    }

    /// <summary>The same rows with z = (x − mean) / (sd + 1e-9) in every column.</summary>
    /// <param name="mean">
    /// One per column, in the unit of the column; where a row is a sequence of steps, one per feature of a step.
    /// </param>
    /// <param name="sd">As many, in the unit of the column, not negative.</param>
    public Table Standardise(ReadOnlySpan<double> mean, ReadOnlySpan<double> sd)
    {
        if (mean.Length != sd.Length || mean.IsEmpty || Columns % mean.Length != 0)
        {
            throw new ArgumentException($"Expected {Columns} means and sds, got {mean.Length} and {sd.Length}.");
        }

        double[] features = new double[_features.Length];
        for (int i = 0; i < features.Length; i++)
        {
            int feature = i % mean.Length;
            features[i] = (_features[i] - mean[feature]) / (sd[feature] + StandardDeviationFloor);
        }

        return new Table(Columns, features, _labels);
    }

    private static void RefuseNonFinite(int columns, double[] features, double[] labels)
    {
        int feature = Array.FindIndex(features, value => !double.IsFinite(value));
        if (feature >= 0)
        {
            throw new ArgumentException(
                $"Row {feature / columns}, column {feature % columns}: a feature must be a finite number.",
                nameof(features));
        }

        int label = Array.FindIndex(labels, value => !double.IsFinite(value));
        if (label >= 0)
        {
            throw new ArgumentException($"Row {label}: the label must be a finite number.", nameof(labels));
        }
    }
}
