using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models;

/// <summary>A model of the probability of label 1, trained by the gradient of its log-loss.</summary>
/// <remarks>
/// The model is a shape and holds no numbers: its parameters are one flat vector that the caller owns, because that
/// vector is what is summed, published and hashed.
/// </remarks>
public abstract class DifferentiableModel
{
    /// <summary>Length of the parameter vector.</summary>
    public abstract int ParameterCount { get; }

    /// <summary>Number of features of a row.</summary>
    public abstract int Columns { get; }

    /// <summary>The parameters at which training starts; equal seeds give equal bits.</summary>
    public abstract double[] InitialParameters(ulong seed);

    /// <summary>The log-odds of label 1 for one row.</summary>
    public abstract double Margin(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row);

    /// <summary>The log-loss of one row; its gradient is added to <paramref name="gradientToAddTo"/>.</summary>
    public abstract double LossAndGradient(
        ReadOnlySpan<double> parameters, ReadOnlySpan<double> row, double label, Span<double> gradientToAddTo);

    /// <summary>Whether a ridge penalty applies: to weights, not to intercepts and biases.</summary>
    public abstract bool IsPenalised(int parameter);

    /// <summary>The probability of label 1 for one row.</summary>
    public double Probability(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row) =>
        DeterministicMath.Sigmoid(Margin(parameters, row));

    /// <summary>The probability of label 1 for each row of <paramref name="table"/>.</summary>
    public double[] Probabilities(ReadOnlySpan<double> parameters, Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        double[] probabilities = new double[table.Rows];
        for (int row = 0; row < table.Rows; row++)
        {
            probabilities[row] = Probability(parameters, table.Row(row));
        }

        return probabilities;
    }

    /// <summary>Refuses parameters or a row of another length than the model's.</summary>
    protected void RequireShapes(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row)
    {
        if (parameters.Length != ParameterCount)
        {
            throw new ArgumentException($"Expected {ParameterCount} parameters, got {parameters.Length}.");
        }

        if (row.Length != Columns)
        {
            throw new ArgumentException($"Expected a row of {Columns} features, got {row.Length}.");
        }
    }
}
