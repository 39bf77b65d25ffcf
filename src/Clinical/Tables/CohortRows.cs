using System.Globalization;
using DigitalTwin.Clinical.Contracts;

namespace DigitalTwin.Clinical.Tables;

/// <summary>Collects rows under a contract: numbers of those that fit, reasons for those that do not.</summary>
internal sealed class CohortRows
{
    private readonly DataContract _contract;
    private readonly int[] _order;
    private readonly int[] _featureColumns;
    private readonly int _labelColumn;
    private readonly List<string> _records = [];
    private readonly HashSet<string> _recordsSeen = new(StringComparer.Ordinal);
    private string _record = "";
    private readonly double[] _values;
    private readonly List<double> _features = [];
    private readonly List<double> _labels = [];
    private readonly List<int> _sourceRows = [];
    private readonly List<RowMark> _marks = [];
    private readonly List<RowProblem> _problems = [];

    /// <param name="contract">What a row must be.</param>
    /// <param name="order">For each column of the contract its place in a line.</param>
    internal CohortRows(DataContract contract, int[] order)
    {
        _contract = contract;
        _order = order;
        string[] names = [.. contract.Columns.Select(column => column.Name)];
        _featureColumns = [.. contract.Features.Select(feature => Array.IndexOf(names, feature.Column))];
        _labelColumn = Array.IndexOf(names, contract.Label.Column);
        _values = new double[names.Length];
    }

    /// <summary>Rows taken so far, good and bad.</summary>
    internal int Read { get; private set; }

    /// <summary>Takes the next row of the file; null is a row whose quotes do not match.</summary>
    internal void Add(string[]? cells)
    {
        int row = Read++;
        if (cells is null || cells.Length != _order.Length)
        {
            _problems.Add(new RowProblem(row, "", ReasonAgainst(cells), Excluded: true));
            return;
        }

        int problems = _problems.Count;
        int marks = _marks.Count;
        for (int column = 0; column < _order.Length; column++)
        {
            if (!_contract.Columns[column].IsDropped)
            {
                Check(row, column, cells[_order[column]]);
            }
        }

        if (_problems.FindIndex(problems, problem => problem.Excluded) >= 0)
        {
            _marks.RemoveRange(marks, _marks.Count - marks);
            return;
        }

        Keep(row);
    }

    /// <summary>For each row kept, the identifier of its patient; empty where the contract has none.</summary>
    internal IReadOnlyList<string> Records => _records;

    /// <exception cref="ClinicalDataException">No row was kept.</exception>
    internal ClinicalTable ToTable(string file, IReadOnlyList<DataFlag> contractFlags)
    {
        RefuseNoRows(file);
        string[] names = [.. _contract.Features.Select(feature => feature.Name)];
        return new ClinicalTable(
            names, [.. _features], [.. _labels], [.. _sourceRows], RowIds(file), _marks, contractFlags)
        {
            Problems = _problems,
            RowsRead = Read,
        };
    }

    /// <summary>The kept patients with what was measured over time.</summary>
    internal ClinicalTable ToTable(string file, SeriesGrid grid, IReadOnlyList<DataFlag> contractFlags)
    {
        string[] names = [.. _contract.Inputs.Select(input => input.Name)];
        RowMark[] marks = [.. _marks, .. grid.Marks(_sourceRows)];
        return new ClinicalTable(
            names,
            grid.Inputs([.. _features]),
            [.. _labels],
            [.. _sourceRows],
            RowIds(file),
            marks,
            contractFlags,
            _contract.Steps)
        {
            Problems = _problems,
            RowsRead = Read,
        };
    }

    /// <exception cref="ClinicalDataException">No row was kept.</exception>
    internal void RefuseNoRows(string file)
    {
        if (Read == 0)
        {
            throw new ClinicalDataException($"{file}: the file has no rows; export it again.");
        }

        if (_labels.Count == 0)
        {
            RowProblem first = _problems[0];
            string place = first.Column.Length == 0 ? "it" : first.Column;
            throw new ClinicalDataException(
                $"{file}: none of the {Read} rows fits {_contract.Id}; in the first, {place} {first.Reason}.");
        }
    }

    private string ReasonAgainst(string[]? cells) => cells switch
    {
        null => "has a quote that is out of place or not closed",
        [] or [""] => "is empty",
        _ => $"has {cells.Length} cells where the contract has {_order.Length} columns",
    };

    private void Check(int row, int column, string cell)
    {
        ContractColumn meaning = _contract.Columns[column];
        if (cell.Length == 0 || _contract.MissingCodes.Contains(cell))
        {
            Exclude(row, meaning, "is missing");
        }
        else if (meaning.Type == ColumnType.Identifier)
        {
            AcceptRecord(row, meaning, cell);
        }
        else if (!double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            || !double.IsFinite(value))
        {
            Exclude(row, meaning, "is not a number");
        }
        else if (meaning.HiddenMissing is { } hidden && value == hidden.Value)
        {
            AcceptHiddenMissing(row, column, hidden);
        }
        else if (meaning.Type == ColumnType.Category && !meaning.Values.Any(known => known.Value == value))
        {
            string allowed = string.Join(", ", meaning.Values.Select(known => Written(known.Value)));
            Exclude(row, meaning, $"is not one of {allowed}");
        }
        else if (meaning.Type == ColumnType.WholeNumber && value != Math.Truncate(value))
        {
            Exclude(row, meaning, "is not a whole number");
        }
        else
        {
            AcceptInRange(row, column, value);
        }
    }

    // The first row of a patient stands: which of two is right, nobody can say here.
    private void AcceptRecord(int row, ContractColumn column, string cell)
    {
        _record = cell;
        if (cell.Any(char.IsControl))
        {
            Exclude(row, column, "holds a control character");
        }
        else if (!_recordsSeen.Add(cell))
        {
            Exclude(row, column, "was given in an earlier row");
        }
    }

    private void AcceptHiddenMissing(int row, int column, HiddenMissing hidden)
    {
        if (hidden.Treat == HiddenMissingTreatment.Missing)
        {
            Exclude(row, _contract.Columns[column], $"is {Written(hidden.Value)}, which stands for missing");
            return;
        }

        _marks.Add(new RowMark(row, "hidden-missing", _contract.Columns[column].Name));
        _values[column] = hidden.Value;
    }

    private void AcceptInRange(int row, int column, double value)
    {
        ContractColumn meaning = _contract.Columns[column];
        _values[column] = value;
        if (meaning.Range is not { } range || range.Contains(value))
        {
            return;
        }

        bool isExcluded = _contract.OutOfRange == OutOfRangeTreatment.Exclude;
        string unit = meaning.Unit == "1" ? "" : $" {meaning.Unit}";
        _problems.Add(new RowProblem(
            row, meaning.Name, $"is outside {Written(range.From)} to {Written(range.To)}{unit}", isExcluded));
        _marks.Add(new RowMark(row, "out-of-range", meaning.Name));
    }

    private void Exclude(int row, ContractColumn column, string reason) =>
        _problems.Add(new RowProblem(row, column.Name, reason, Excluded: true));

    private void Keep(int row)
    {
        for (int i = 0; i < _featureColumns.Length; i++)
        {
            double value = _values[_featureColumns[i]];
            _features.Add(_contract.Features[i].Level is { } level ? (value == level ? 1 : 0) : value);
        }

        _labels.Add(_values[_labelColumn] > _contract.Label.Above ? 1 : 0);
        _sourceRows.Add(row);
        _records.Add(_record);
    }

    private string[] RowIds(string file)
    {
        int firstLine = _contract.HasHeader ? 2 : 1;
        return
        [
            .. _sourceRows.Select((row, i) => _records[i].Length > 0
                ? _records[i]
                : string.Create(CultureInfo.InvariantCulture, $"{file}:{row + firstLine}")),
        ];
    }

    private static string Written(double value) => value.ToString(CultureInfo.InvariantCulture);
}
