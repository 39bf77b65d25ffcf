namespace DigitalTwin.Models.Networks.PerSample;

/// <summary>Which rows of a batch belong to one unit of privacy, a patient: a run of rows per unit.</summary>
/// <remarks>
/// All rows of a patient are clipped together, so the sum changes by at most the clip when one leaves.
/// </remarks>
internal readonly ref struct PrivacyUnits
{
    private readonly ReadOnlySpan<int> _group;

    private PrivacyUnits(int rows, int count, ReadOnlySpan<int> group, int firstRow = 0, int firstUnit = 0)
    {
        Rows = rows;
        Count = count;
        _group = group;
        FirstRow = firstRow;
        FirstUnit = firstUnit;
    }

    /// <summary>Where these rows begin in the batch that they are a part of.</summary>
    public int FirstRow { get; }

    /// <summary>The number of the first unit in that batch; here it is 0.</summary>
    public int FirstUnit { get; }

    public int Rows { get; }

    public int Count { get; }

    /// <summary>Every row is a patient of its own.</summary>
    public bool AreRows => _group.IsEmpty;

    /// <param name="rows">Rows of the batch.</param>
    /// <param name="group">For each row its patient, 0, 1, 2, ... without a gap; empty: every row its own.</param>
    /// <exception cref="ArgumentException">The rows of a patient do not stand together.</exception>
    public static PrivacyUnits Of(int rows, ReadOnlySpan<int> group)
    {
        if (group.IsEmpty)
        {
            return new(rows, rows, group);
        }

        if (group.Length != rows)
        {
            throw new ArgumentException($"Expected a group for each of {rows} rows, got {group.Length}.");
        }

        int previous = -1;
        for (int row = 0; row < rows; row++)
        {
            if (group[row] != previous && group[row] != previous + 1)
            {
                throw new ArgumentException(
                    $"Row {row} has group {group[row]} after {previous}; sort rows by patient and number from 0.");
            }

            previous = group[row];
        }

        return new(rows, previous + 1, group);
    }

    public int UnitOf(int row) => AreRows ? row : _group[row] - FirstUnit;

    /// <summary>The units of some rows, which are counted from 0 then.</summary>
    /// <param name="firstRow">The first row of a unit.</param>
    /// <param name="rows">At least one, up to the last row of a unit.</param>
    public PrivacyUnits Part(int firstRow, int rows)
    {
        int firstUnit = UnitOf(firstRow);
        int count = UnitOf(firstRow + rows - 1) + 1 - firstUnit;
        return new(
            rows,
            count,
            AreRows ? _group : _group.Slice(firstRow, rows),
            FirstRow + firstRow,
            FirstUnit + firstUnit);
    }

    /// <summary>The end (exclusive) of the run of rows that begins at <paramref name="first"/>.</summary>
    public int EndOf(int first)
    {
        if (AreRows)
        {
            return first + 1;
        }

        int end = first + 1;
        while (end < Rows && _group[end] == _group[first])
        {
            end++;
        }

        return end;
    }
}
