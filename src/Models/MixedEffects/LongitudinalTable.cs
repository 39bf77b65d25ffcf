using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.MixedEffects;

/// <summary>Repeated measurements of patients, reduced to what a linear mixed model needs. It never changes.</summary>
/// <remarks>
/// With X the fixed design, Z the random design and y the responses of a patient, the likelihood depends on them only
/// through Z'Z, Z'[X y] and [X y]'[X y]. A patient must be at one site as a whole.
/// </remarks>
public sealed class LongitudinalTable
{
    private readonly double[][] _randomGram;
    private readonly double[][] _crossGram;
    private readonly double[][] _fixedGram;

    /// <param name="fixedColumns">p, the columns of X; an intercept is a column of ones.</param>
    /// <param name="randomColumns">q, the columns of Z, as 1 for an intercept, 2 with a slope.</param>
    /// <param name="fixedDesign">rows × p, row after row.</param>
    /// <param name="randomDesign">rows × q, row after row.</param>
    /// <param name="responses">y, one per row.</param>
    /// <param name="patients">Which patient a row belongs to; any numbers, in any order.</param>
    /// <exception cref="ArgumentException">Lengths disagree, or a value is not finite.</exception>
    public LongitudinalTable(
        int fixedColumns,
        int randomColumns,
        double[] fixedDesign,
        double[] randomDesign,
        double[] responses,
        int[] patients)
    {
        ArgumentNullException.ThrowIfNull(responses);
        ArgumentNullException.ThrowIfNull(patients);
        Table x = new(fixedColumns, fixedDesign, responses);
        Table z = new(randomColumns, randomDesign, responses);
        if (patients.Length != x.Rows)
        {
            throw new ArgumentException($"{x.Rows} rows and {patients.Length} patients.", nameof(patients));
        }

        FixedColumns = fixedColumns;
        RandomColumns = randomColumns;
        Rows = x.Rows;
        int[][] rowsOf =
            [.. Enumerable.Range(0, Rows).GroupBy(row => patients[row]).OrderBy(p => p.Key).Select(p => p.ToArray())];
        PatientIds = [.. rowsOf.Select(rows => patients[rows[0]])];
        _randomGram = [.. rowsOf.Select(_ => new double[randomColumns * randomColumns])];
        _crossGram = [.. rowsOf.Select(_ => new double[randomColumns * (fixedColumns + 1)])];
        _fixedGram = [.. rowsOf.Select(_ => new double[(fixedColumns + 1) * (fixedColumns + 1)])];
        double[] extended = new double[fixedColumns + 1];
        for (int patient = 0; patient < rowsOf.Length; patient++)
        {
            foreach (int row in rowsOf[patient])
            {
                x.Row(row).CopyTo(extended);
                extended[^1] = x.Label(row);
                SmallMatrix.AddOuterProduct(_randomGram[patient], z.Row(row), z.Row(row));
                SmallMatrix.AddOuterProduct(_crossGram[patient], z.Row(row), extended);
                SmallMatrix.AddOuterProduct(_fixedGram[patient], extended, extended);
            }
        }
    }

    public int Rows { get; }

    public int Patients => _randomGram.Length;

    /// <summary>The number of each patient, rising: patient i of the other members.</summary>
    public IReadOnlyList<int> PatientIds { get; }

    public int FixedColumns { get; }

    public int RandomColumns { get; }

    /// <summary>Z'Z of a patient, q × q.</summary>
    internal double[] RandomGram(int patient) => _randomGram[patient];

    /// <summary>Z'[X y] of a patient, q × (p + 1).</summary>
    internal double[] CrossGram(int patient) => _crossGram[patient];

    /// <summary>[X y]'[X y] of a patient, (p + 1) × (p + 1).</summary>
    internal double[] FixedGram(int patient) => _fixedGram[patient];
}
