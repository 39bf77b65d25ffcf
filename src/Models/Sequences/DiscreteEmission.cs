using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Sequences;

/// <summary>One symbol 0 … S − 1 per observation; NaN is one that was not seen.</summary>
/// <remarks>Rabiner, Proc. IEEE 77(2), 1989, equation 40c.</remarks>
public sealed class DiscreteEmission : EmissionModel
{
    private readonly double[] _probabilities;
    private readonly double[] _logProbabilities;

    /// <param name="symbols">S.</param>
    /// <param name="probabilities">K × S, state by state, every state summing to 1.</param>
    public DiscreteEmission(int symbols, ReadOnlySpan<double> probabilities)
        : base(probabilities.Length / Math.Max(1, symbols), columns: 1)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(symbols);
        Symbols = symbols;
        _probabilities = probabilities.ToArray();
        _logProbabilities = [.. _probabilities.Select(DeterministicMath.Log)];
        Stochastic.RequireRows(_probabilities, States, symbols);
    }

    /// <summary>S.</summary>
    public int Symbols { get; }

    public override int StatisticLength => States * Symbols;

    public override double[] Parameters => [.. _probabilities];

    internal override double LogDensity(int state, ReadOnlySpan<double> observation) =>
        double.IsNaN(observation[0]) ? 0 : _logProbabilities[(state * Symbols) + SymbolOf(observation[0])];

    internal override void AddExpected(
        Span<double> statistic, int state, double probability, ReadOnlySpan<double> observation)
    {
        if (!double.IsNaN(observation[0]))
        {
            statistic[(state * Symbols) + SymbolOf(observation[0])] += probability;
        }
    }

    internal override EmissionModel Maximise(ReadOnlySpan<double> statistic) =>
        new DiscreteEmission(Symbols, Stochastic.FromCounts(statistic, _probabilities, States, Symbols));

    private int SymbolOf(double value) =>
        double.IsInteger(value) && value >= 0 && value < Symbols
            ? (int)value
            : throw new ArgumentException($"A symbol must be a whole number below {Symbols}, got {value}.");
}
