using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Survival;

/// <summary>e^(β·x) of each row relative to the largest of its stratum, and x relative to the stratum's mean.</summary>
/// <remarks>Both references drop out of the partial likelihood; with them nothing overflows.</remarks>
internal sealed class RiskWeights
{
    // A weight below e^-600 of the largest is read as that: sums stay positive and an absurd step has a finite loss.
    private const double LowestLogWeight = -600;

    private readonly int _columns;
    private readonly double[] _logWeights;
    private readonly double[] _centred;

    /// <param name="table">Its rows.</param>
    /// <param name="strata">The rows of each stratum that is asked for.</param>
    /// <param name="coefficients">β.</param>
    public RiskWeights(SurvivalTable table, IReadOnlyList<int[]> strata, ReadOnlySpan<double> coefficients)
    {
        _columns = table.Columns;
        _logWeights = new double[table.Rows];
        _centred = new double[table.Rows * _columns];
        foreach (int[] stratum in strata)
        {
            Fill(table, stratum, coefficients);
        }
    }

    /// <summary>x of a row, less the mean of its stratum.</summary>
    public ReadOnlySpan<double> Centred(int row) => _centred.AsSpan(row * _columns, _columns);

    /// <summary>β · x of a row, less the largest of its stratum.</summary>
    public double LogWeight(int row) => _logWeights[row];

    public double Weight(int row) => DeterministicMath.Exp(_logWeights[row]);

    private void Fill(SurvivalTable table, int[] stratum, ReadOnlySpan<double> coefficients)
    {
        double[] mean = new double[_columns];
        foreach (int row in stratum)
        {
            for (int i = 0; i < _columns; i++)
            {
                mean[i] += table.Row(row)[i] / stratum.Length;
            }
        }

        double largest = double.NegativeInfinity;
        foreach (int row in stratum)
        {
            for (int i = 0; i < _columns; i++)
            {
                double centred = table.Row(row)[i] - mean[i];
                _centred[(row * _columns) + i] = centred;
                _logWeights[row] += coefficients[i] * centred;
            }

            largest = Math.Max(largest, _logWeights[row]);
        }

        foreach (int row in stratum)
        {
            _logWeights[row] = Math.Max(_logWeights[row] - largest, LowestLogWeight);
        }
    }
}
