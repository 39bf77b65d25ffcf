using DigitalTwin.Clinical.Contracts;

namespace DigitalTwin.Clinical.Tables;

/// <summary>A value or a whole row that does not fit the contract.</summary>
/// <param name="Row">Index of the row in the file, from 0, a header not counted.</param>
/// <param name="Column">The column's name; empty where the row as a whole is at fault.</param>
/// <param name="Reason">What is wrong. It never quotes the cell, for reports and logs travel further than data.</param>
/// <param name="Excluded">Whether the row was left out.</param>
public sealed record RowProblem(int Row, string Column, string Reason, bool Excluded);

/// <summary>Something a reader of results should know about a table.</summary>
/// <param name="Kind">
/// <c>hidden-missing</c>, <c>out-of-range</c>, <c>constant</c>, <c>one-class</c> or <c>after-outcome</c>.
/// </param>
/// <param name="Subject">The column, the feature, or <c>label</c>.</param>
/// <param name="Count">Rows concerned; exact, so a node shows it to others only through the small-cell rule.</param>
public sealed record DataFlag(string Kind, string Subject, int Count);

/// <summary>The rows of one hospital that fit the contract, as numbers, with everything that did not fit.</summary>
/// <remarks>One row is one patient (<c>unit: row-is-patient</c>). The arrays are no copies: only read them.</remarks>
public sealed class ClinicalTable
{
    private readonly IReadOnlyList<RowMark> _marks;
    private readonly IReadOnlyList<DataFlag> _contractFlags;

    internal ClinicalTable(
        IReadOnlyList<string> featureNames, double[] features, double[] labels, int[] sourceRows,
        string[] rowIds, IReadOnlyList<RowMark> marks, IReadOnlyList<DataFlag> contractFlags, int steps = 1)
    {
        FeatureNames = featureNames;
        Steps = steps;
        Features = features;
        Labels = labels;
        SourceRows = sourceRows;
        RowIds = rowIds;
        _marks = marks;
        _contractFlags = contractFlags;
        Flags = [.. contractFlags, .. CountMarks(), .. ConstantFeatures(), .. OneClass()];
    }

    /// <summary>The names of the inputs of a step, in the order of <see cref="DataContract.Inputs"/>.</summary>
    public IReadOnlyList<string> FeatureNames { get; }

    /// <summary>Steps of a row: 1 unless the contract has a series.</summary>
    public int Steps { get; }

    /// <summary>Rows kept, at least 1.</summary>
    public int Rows => Labels.Length;

    /// <summary>Inputs per row: those of all its steps, step after step.</summary>
    public int Columns => FeatureNames.Count * Steps;

    /// <summary>The inputs, row-major, rows × columns, in the units of the contract.</summary>
    public double[] Features { get; }

    /// <summary>The labels, 0 or 1, one per row.</summary>
    public double[] Labels { get; }

    /// <summary>For each row its index in the file, from 0.</summary>
    public int[] SourceRows { get; }

    /// <summary>
    /// For each row what the hospital calls it: the identifier of its patient where the contract has one, else
    /// <c>file:line</c> with the file's name and the line counted from 1. It never leaves the hospital.
    /// </summary>
    public string[] RowIds { get; }

    /// <summary>Every misfit of the file in the order of its rows, also in a part of the table.</summary>
    public IReadOnlyList<RowProblem> Problems { get; internal init; } = [];

    /// <summary>What a reader of results should know about these rows.</summary>
    public IReadOnlyList<DataFlag> Flags { get; }

    /// <summary>Rows that the file has, excluded ones included.</summary>
    public int RowsRead { get; internal init; }

    /// <summary>The table of the given rows, in the given order; flags are those of the part.</summary>
    /// <param name="rows">Indices into this table (not into the file), each at most once, at least one.</param>
    public ClinicalTable Subset(ReadOnlySpan<int> rows)
    {
        if (rows.IsEmpty)
        {
            throw new ArgumentException("A table has at least one row.", nameof(rows));
        }

        double[] features = new double[rows.Length * Columns];
        double[] labels = new double[rows.Length];
        int[] sourceRows = new int[rows.Length];
        string[] rowIds = new string[rows.Length];
        HashSet<int> kept = [];
        for (int i = 0; i < rows.Length; i++)
        {
            if (!kept.Add(SourceRows[rows[i]]))
            {
                throw new ArgumentException($"Row {rows[i]} is given twice.", nameof(rows));
            }

            Features.AsSpan(rows[i] * Columns, Columns).CopyTo(features.AsSpan(i * Columns));
            labels[i] = Labels[rows[i]];
            sourceRows[i] = SourceRows[rows[i]];
            rowIds[i] = RowIds[rows[i]];
        }

        RowMark[] marks = [.. _marks.Where(mark => kept.Contains(mark.SourceRow))];
        return new ClinicalTable(FeatureNames, features, labels, sourceRows, rowIds, marks, _contractFlags, Steps)
        {
            Problems = Problems,
            RowsRead = RowsRead,
        };
    }

    private IEnumerable<DataFlag> CountMarks() => _marks
        .GroupBy(mark => (mark.Kind, mark.Column))
        .Select(group => new DataFlag(group.Key.Kind, group.Key.Column, group.Count()));

    private IEnumerable<DataFlag> ConstantFeatures()
    {
        // Of a series the first third are values; whether and when they were observed is no measurement.
        int values = Steps == 1 ? FeatureNames.Count : FeatureNames.Count / 3;
        for (int feature = 0; feature < values; feature++)
        {
            bool isConstant = true;
            for (int i = feature; i < Features.Length && isConstant; i += FeatureNames.Count)
            {
                isConstant = Features[i] == Features[feature];
            }

            if (isConstant)
            {
                yield return new DataFlag("constant", FeatureNames[feature], Rows);
            }
        }
    }

    private IEnumerable<DataFlag> OneClass() =>
        Labels.Distinct().Count() == 1 ? [new DataFlag("one-class", "label", Rows)] : [];
}

/// <summary>A kept row with something to count: a hidden missing value or one outside the plausible range.</summary>
internal readonly record struct RowMark(int SourceRow, string Kind, string Column);
