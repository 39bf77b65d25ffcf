namespace DigitalTwin.Models.Sequences;

/// <summary>How a hidden state shows itself in an observation.</summary>
public abstract class EmissionModel
{
    private protected EmissionModel(int states, int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(states);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        States = states;
        Columns = columns;
    }

    /// <summary>K.</summary>
    public int States { get; }

    /// <summary>d, the entries of an observation.</summary>
    public int Columns { get; }

    /// <summary>Entries of the expected statistics of all states.</summary>
    public abstract int StatisticLength { get; }

    /// <summary>All parameters in one vector, state by state.</summary>
    public abstract double[] Parameters { get; }

    /// <summary>ln of the density, or probability, of an observation in a state.</summary>
    internal abstract double LogDensity(int state, ReadOnlySpan<double> observation);

    /// <summary>Adds an observation that came from a state with a given probability.</summary>
    internal abstract void AddExpected(
        Span<double> statistic, int state, double probability, ReadOnlySpan<double> observation);

    /// <summary>The emission whose parameters the expected statistics prescribe.</summary>
    internal abstract EmissionModel Maximise(ReadOnlySpan<double> statistic);
}
