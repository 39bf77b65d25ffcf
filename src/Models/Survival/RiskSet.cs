namespace DigitalTwin.Models.Survival;

/// <summary>The rows of one stratum that are at risk, as time runs backwards from the last stop.</summary>
/// <remarks>Going backwards, rows come in at their stop and leave at their start.</remarks>
internal sealed class RiskSet
{
    // Sums that have lost six digits to departed rows are formed anew.
    private const double CancellationLimit = 1e-6;

    private readonly SurvivalTable _table;
    private readonly RiskWeights _weights;
    private readonly int[] _fromLastStop;
    private readonly int[] _fromLastStart;
    private readonly double[] _sums;
    private int _arrived;
    private int _departed;
    private double _largestTotal;

    public RiskSet(SurvivalTable table, int[] rowsFromLastStop, RiskWeights weights)
    {
        _table = table;
        _weights = weights;
        _fromLastStop = rowsFromLastStop;
        _fromLastStart = table.HasStarts ? [.. rowsFromLastStop.OrderByDescending(table.Start)] : [];
        _sums = new double[RiskSums.Length(table.Columns)];
    }

    /// <summary>Sums over the rows at risk.</summary>
    public ReadOnlySpan<double> Sums => _sums;

    /// <summary>Goes back to <paramref name="time"/>: at risk are the rows with start &lt; time ≤ stop.</summary>
    public void MoveBackTo(double time)
    {
        for (; _arrived < _fromLastStop.Length && _table.Stop(_fromLastStop[_arrived]) >= time; _arrived++)
        {
            int row = _fromLastStop[_arrived];
            RiskSums.AddRow(_sums, _weights.Weight(row), _weights.Centred(row));
        }

        _largestTotal = Math.Max(_largestTotal, _sums[0]);
        int departedBefore = _departed;
        for (; _departed < _fromLastStart.Length && _table.Start(_fromLastStart[_departed]) >= time; _departed++)
        {
            int row = _fromLastStart[_departed];
            RiskSums.AddRow(_sums, -_weights.Weight(row), _weights.Centred(row));
        }

        if (_departed > departedBefore && _sums[0] < CancellationLimit * _largestTotal)
        {
            Rebuild(time);
        }
    }

    private void Rebuild(double time)
    {
        Array.Clear(_sums);
        foreach (int row in _fromLastStop.AsSpan(0, _arrived))
        {
            if (_table.Start(row) < time)
            {
                RiskSums.AddRow(_sums, _weights.Weight(row), _weights.Centred(row));
            }
        }

        _largestTotal = _sums[0];
    }
}
