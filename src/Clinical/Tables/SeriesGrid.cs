using DigitalTwin.Clinical.Contracts;

namespace DigitalTwin.Clinical.Tables;

/// <summary>The measurements of all patients on the grid of a series: a mean per patient, step and signal.</summary>
internal sealed class SeriesGrid
{
    private readonly ContractSeries _series;
    private readonly DataContract _contract;
    private readonly double[] _sums;
    private readonly int[] _counts;

    // (patient, signal) with a value outside the plausible range.
    private readonly HashSet<(int Row, int Signal)> _outOfRange = [];

    /// <param name="contract">One with a series.</param>
    /// <param name="rows">Patients.</param>
    internal SeriesGrid(DataContract contract, int rows)
    {
        _contract = contract;
        _series = contract.Series ?? throw new ArgumentException("The contract has no series.", nameof(contract));
        _sums = new double[rows * _series.Steps * _series.Signals.Count];
        _counts = new int[_sums.Length];
        Rows = rows;
    }

    internal int Rows { get; }

    /// <summary>Takes a value at a minute of the window; one that is not believable is only marked.</summary>
    internal void Add(int row, int minute, int signal, double value)
    {
        if (!_series.Signals[signal].Range.Contains(value))
        {
            _outOfRange.Add((row, signal));
            return;
        }

        int cell = Cell(row, minute / _series.StepMinutes, signal);
        _sums[cell] += value;
        _counts[cell]++;
    }

    /// <summary>One mark per patient and signal with a value that was not believable, in the order of rows.</summary>
    internal IEnumerable<RowMark> Marks(IReadOnlyList<int> sourceRows) => _outOfRange
        .OrderBy(place => place.Row)
        .ThenBy(place => place.Signal)
        .Select(place => new RowMark(sourceRows[place.Row], "out-of-range", _series.Signals[place.Signal].Name));

    /// <summary>The inputs of every patient and step as <see cref="DataContract.Inputs"/> orders them.</summary>
    /// <remarks>
    /// A step without a value holds the last one before it, and the reference mean before the first. Che et al. 2018,
    /// "Recurrent Neural Networks for Multivariate Time Series with Missing Values", Scientific Reports 8:6085, call
    /// this forward filling, and the other two thirds the mask and the time interval δ.
    /// </remarks>
    /// <param name="features">The features of every patient: the same in each step, and always observed.</param>
    internal double[] Inputs(double[] features)
    {
        int featureCount = _contract.Features.Count;
        int values = featureCount + _series.Signals.Count;
        double[] inputs = new double[Rows * _series.Steps * 3 * values];
        double[] last = new double[_series.Signals.Count];
        int[] stepsSince = new int[_series.Signals.Count];
        for (int row = 0; row < Rows; row++)
        {
            for (int signal = 0; signal < last.Length; signal++)
            {
                last[signal] = _series.Signals[signal].ReferenceMean;
                stepsSince[signal] = 0;
            }

            for (int step = 0; step < _series.Steps; step++)
            {
                Span<double> place = inputs.AsSpan(((row * _series.Steps) + step) * 3 * values, 3 * values);
                features.AsSpan(row * featureCount, featureCount).CopyTo(place);
                place.Slice(values, featureCount).Fill(1);
                WriteSignals(row, step, last, stepsSince, featureCount, place);
            }
        }

        return inputs;
    }

    private void WriteSignals(
        int row, int step, double[] last, int[] stepsSince, int featureCount, Span<double> place)
    {
        int values = place.Length / 3;
        for (int signal = 0; signal < last.Length; signal++)
        {
            int cell = Cell(row, step, signal);
            bool observed = _counts[cell] > 0;

            // δ of Che et al.: a step's own observation counts from the next step on.
            double since = stepsSince[signal] * _series.StepMinutes / 60.0;
            if (observed)
            {
                last[signal] = _sums[cell] / _counts[cell];
                stepsSince[signal] = 0;
            }

            stepsSince[signal]++;
            place[featureCount + signal] = last[signal];
            place[values + featureCount + signal] = observed ? 1 : 0;
            place[(2 * values) + featureCount + signal] = since;
        }
    }

    private int Cell(int row, int step, int signal) =>
        (((row * _series.Steps) + step) * _series.Signals.Count) + signal;
}
