namespace DigitalTwin.Models.Survival;

/// <summary>Follow-up intervals as rows: when a row came under risk, when and how it left. It never changes.</summary>
/// <remarks>
/// The counting process style of Andersen and Gill, Annals of Statistics 10(4), 1982: a row is at risk on
/// (start, stop]. A patient with several events, or whose features change, has several rows.
/// </remarks>
public sealed class SurvivalTable
{
    private readonly Table _features;
    private readonly double[] _starts;
    private readonly double[] _stops;
    private readonly int[] _strata;

    /// <summary>Takes a copy of all arrays.</summary>
    /// <param name="columns">The number of features of a row.</param>
    /// <param name="rowMajorFeatures">rows × columns, row after row.</param>
    /// <param name="stops">End of follow-up per row, in any unit of time.</param>
    /// <param name="events">1 where the event ended the follow-up, 0 where censoring did.</param>
    /// <param name="starts">Begin of risk per row, before its stop; empty where all are at risk from the first.</param>
    /// <param name="strata">Rows of different strata never share a risk set; empty for one stratum.</param>
    /// <exception cref="ArgumentException">Lengths disagree, a value is not finite, or a start is no start.</exception>
    public SurvivalTable(
        int columns,
        double[] rowMajorFeatures,
        double[] stops,
        double[] events,
        double[]? starts = null,
        int[]? strata = null)
    {
        ArgumentNullException.ThrowIfNull(stops);
        _features = new Table(columns, rowMajorFeatures, events);
        _stops = [.. stops];
        HasStarts = starts is { Length: > 0 };
        _starts = HasStarts ? [.. starts!] : [.. Enumerable.Repeat(double.NegativeInfinity, stops.Length)];
        _strata = strata is { Length: > 0 } ? [.. strata] : new int[stops.Length];
        if (_stops.Length != Rows || _starts.Length != Rows || _strata.Length != Rows)
        {
            throw new ArgumentException(
                $"{Rows} events, {_stops.Length} stops, {_starts.Length} starts and {_strata.Length} strata.");
        }

        for (int row = 0; row < Rows; row++)
        {
            bool isInterval = double.IsFinite(_stops[row]) && _starts[row] < _stops[row];
            if (!isInterval || _features.Label(row) is not (0 or 1))
            {
                throw new ArgumentException(
                    $"Row {row}: needs a start before a finite stop, and an event of 0 or 1.");
            }
        }
    }

    public int Rows => _features.Rows;

    public int Columns => _features.Columns;

    /// <summary>Some row may come under risk later than the first.</summary>
    public bool HasStarts { get; }

    public ReadOnlySpan<double> Row(int row) => _features.Row(row);

    /// <summary>The row is at risk after this time; −∞ without starts.</summary>
    public double Start(int row) => _starts[row];

    /// <summary>The row is at risk up to this time, and at it.</summary>
    public double Stop(int row) => _stops[row];

    public bool HasEvent(int row) => _features.Label(row) == 1;

    public int Stratum(int row) => _strata[row];

    /// <summary>A table of the named rows, in the order named.</summary>
    public SurvivalTable Select(ReadOnlySpan<int> rows)
    {
        double[] features = new double[rows.Length * Columns];
        double[] stops = new double[rows.Length];
        double[] events = new double[rows.Length];
        double[] starts = new double[rows.Length];
        int[] strata = new int[rows.Length];
        for (int i = 0; i < rows.Length; i++)
        {
            Row(rows[i]).CopyTo(features.AsSpan(i * Columns));
            (stops[i], starts[i], strata[i]) = (_stops[rows[i]], _starts[rows[i]], _strata[rows[i]]);
            events[i] = _features.Label(rows[i]);
        }

        return new SurvivalTable(Columns, features, stops, events, HasStarts ? starts : null, strata);
    }

    /// <summary>The rows of each stratum, strata rising, each by falling stop and then by place in the table.</summary>
    internal IReadOnlyList<int[]> RowsByStratumFromLastStop() =>
    [
        .. Enumerable.Range(0, Rows)
            .GroupBy(row => _strata[row])
            .OrderBy(stratum => stratum.Key)
            .Select(stratum => stratum.OrderByDescending(row => _stops[row]).ToArray()),
    ];
}
