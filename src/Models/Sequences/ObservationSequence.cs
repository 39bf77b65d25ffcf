namespace DigitalTwin.Models.Sequences;

/// <summary>What was observed of one patient, step by step; NaN where it was not measured. It never changes.</summary>
public sealed class ObservationSequence
{
    private readonly double[] _observations;

    /// <param name="columns">d, the entries of an observation.</param>
    /// <param name="observations">steps × d, step after step.</param>
    public ObservationSequence(int columns, ReadOnlySpan<double> observations)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        if (observations.Length % columns != 0)
        {
            throw new ArgumentException($"{observations.Length} entries are no steps of {columns}.");
        }

        foreach (double entry in observations)
        {
            if (double.IsInfinity(entry))
            {
                throw new ArgumentException("An observation must be a finite number or NaN.", nameof(observations));
            }
        }

        Columns = columns;
        _observations = observations.ToArray();
    }

    public int Columns { get; }

    public int Steps => _observations.Length / Columns;

    public ReadOnlySpan<double> At(int step) => _observations.AsSpan(step * Columns, Columns);
}
