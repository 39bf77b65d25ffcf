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

    /// <summary>
    /// The log-loss of several rows in their order; its gradient is added to <paramref name="gradientToAddTo"/>.
    /// </summary>
    /// <remarks>A sum over rows: how many are given at a time decides about the last bits of it, and no more.</remarks>
    public virtual double LossAndGradient(
        ReadOnlySpan<double> parameters, Table table, ReadOnlySpan<int> rows, Span<double> gradientToAddTo)
    {
        ArgumentNullException.ThrowIfNull(table);
        double loss = 0;
        foreach (int row in rows)
        {
            loss += LossAndGradient(parameters, table.Row(row), table.Label(row), gradientToAddTo);
        }

        return loss;
    }

    /// <summary>The log-odds of label 1 for each row of <paramref name="table"/>.</summary>
    public virtual double[] Margins(ReadOnlySpan<double> parameters, Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        double[] margins = new double[table.Rows];
        for (int row = 0; row < table.Rows; row++)
        {
            margins[row] = Margin(parameters, table.Row(row));
        }

        return margins;
    }

    /// <summary>The log-loss of all rows of <paramref name="table"/>.</summary>
    public double Loss(ReadOnlySpan<double> parameters, Table table)
    {
        double[] margins = Margins(parameters, table);
        double loss = 0;
        for (int row = 0; row < margins.Length; row++)
        {
            loss += DeterministicMath.LogLoss(margins[row], table.Label(row));
        }

        return loss;
    }

    /// <summary>Whether a ridge penalty applies: to weights, not to intercepts and biases.</summary>
    public abstract bool IsPenalised(int parameter);

    /// <summary>The probability of label 1 for one row.</summary>
    public double Probability(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row) =>
        DeterministicMath.Sigmoid(Margin(parameters, row));

    /// <summary>The probability of label 1 for each row of <paramref name="table"/>.</summary>
    public double[] Probabilities(ReadOnlySpan<double> parameters, Table table)
    {
        double[] probabilities = Margins(parameters, table);
        foreach (ref double entry in probabilities.AsSpan())
        {
            entry = DeterministicMath.Sigmoid(entry);
        }

        return probabilities;
    }

    /// <summary>Refuses parameters or a row of another length than the model's.</summary>
    protected void RequireShapes(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row) =>
        RequireShapes(parameters, row.Length);

    /// <summary>Refuses parameters, or rows of a table, of another length than the model's.</summary>
    protected void RequireShapes(ReadOnlySpan<double> parameters, int columns)
    {
        if (parameters.Length != ParameterCount)
        {
            throw new ArgumentException($"Expected {ParameterCount} parameters, got {parameters.Length}.");
        }

        if (columns != Columns)
        {
            throw new ArgumentException($"Expected a row of {Columns} features, got {columns}.");
        }
    }
}
