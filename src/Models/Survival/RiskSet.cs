using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Survival;

/// <summary>The rows of one stratum that are at risk, as time runs backwards from the last stop.</summary>
/// <remarks>
/// Going backwards, rows come in at their stop and leave at their start. Weights are relative to the largest of the
/// stratum and features to the mean of the stratum: both cancel in the partial likelihood, and neither overflows.
/// </remarks>
internal sealed class RiskSet
{
    // A weight below e^-600 of the largest is read as that: sums stay positive and an absurd step has a finite loss.
    private const double LowestLogWeight = -600;

    // Sums that have lost six digits to departed rows are formed anew.
    private const double CancellationLimit = 1e-6;

    private readonly SurvivalTable _table;
    private readonly int[] _fromLastStop;
    private readonly int[] _fromLastStart;
    private readonly double[] _logWeights;
    private readonly double[] _centred;
    private readonly double[] _sums;
    private int _arrived;
    private int _departed;
    private double _largestTotal;

    public RiskSet(SurvivalTable table, int[] rowsFromLastStop, ReadOnlySpan<double> coefficients)
    {
        int columns = table.Columns;
        _table = table;
        _fromLastStop = rowsFromLastStop;
        _fromLastStart = table.HasStarts ? [.. rowsFromLastStop.OrderByDescending(table.Start)] : [];
        _sums = new double[RiskSums.Length(columns)];
        _logWeights = new double[table.Rows];
        _centred = new double[table.Rows * columns];

        double[] mean = new double[columns];
        foreach (int row in rowsFromLastStop)
        {
            for (int i = 0; i < columns; i++)
            {
                mean[i] += table.Row(row)[i] / rowsFromLastStop.Length;
            }
        }

        double largest = double.NegativeInfinity;
        foreach (int row in rowsFromLastStop)
        {
            for (int i = 0; i < columns; i++)
            {
                double centred = table.Row(row)[i] - mean[i];
                _centred[(row * columns) + i] = centred;
                _logWeights[row] += coefficients[i] * centred;
            }

            largest = Math.Max(largest, _logWeights[row]);
        }

        foreach (int row in rowsFromLastStop)
        {
            _logWeights[row] = Math.Max(_logWeights[row] - largest, LowestLogWeight);
        }
    }

    /// <summary>Sums over the rows at risk.</summary>
    public ReadOnlySpan<double> Sums => _sums;

    /// <summary>x of a row, less the mean of the stratum.</summary>
    public ReadOnlySpan<double> Centred(int row) => _centred.AsSpan(row * _table.Columns, _table.Columns);

    /// <summary>β · x of a row, less the largest of the stratum.</summary>
    public double LogWeight(int row) => _logWeights[row];

    public double Weight(int row) => DeterministicMath.Exp(_logWeights[row]);

    /// <summary>Goes back to <paramref name="time"/>: at risk are the rows with start &lt; time ≤ stop.</summary>
    public void MoveBackTo(double time)
    {
        for (; _arrived < _fromLastStop.Length && _table.Stop(_fromLastStop[_arrived]) >= time; _arrived++)
        {
            int row = _fromLastStop[_arrived];
            RiskSums.AddRow(_sums, Weight(row), Centred(row));
        }

        _largestTotal = Math.Max(_largestTotal, _sums[0]);
        int departedBefore = _departed;
        for (; _departed < _fromLastStart.Length && _table.Start(_fromLastStart[_departed]) >= time; _departed++)
        {
            int row = _fromLastStart[_departed];
            RiskSums.AddRow(_sums, -Weight(row), Centred(row));
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
                RiskSums.AddRow(_sums, Weight(row), Centred(row));
            }
        }

        _largestTotal = _sums[0];
    }
}
