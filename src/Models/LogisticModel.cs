using DigitalTwin.Models.Layers;

namespace DigitalTwin.Models;

/// <summary>Logistic regression: log-odds = w · x + intercept. Parameters: the weights, then the intercept.</summary>
public sealed class LogisticModel(int columns) : DifferentiableModel
{
    public override int ParameterCount => Columns + 1;

    public override int Columns { get; } =
        columns > 0 ? columns : throw new ArgumentOutOfRangeException(nameof(columns));

    /// <summary>The place of the intercept: the last.</summary>
    public int InterceptIndex => Columns;

    /// <summary>Zeros, whatever the seed: the loss is convex, so the start needs no symmetry broken.</summary>
    public override double[] InitialParameters(ulong seed) => new double[ParameterCount];

    public override double Margin(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row)
    {
        RequireShapes(parameters, row);
        Span<double> margin = stackalloc double[1];
        DenseLayer.Forward(parameters[..Columns], parameters[Columns..], row, margin);
        return margin[0];
    }

    public override double LossAndGradient(
        ReadOnlySpan<double> parameters, ReadOnlySpan<double> row, double label, Span<double> gradientToAddTo)
    {
        double margin = Margin(parameters, row);
        Span<double> marginGradient = [LogLossLayer.Backward(margin, label)];
        DenseLayer.BackwardParameters(row, marginGradient, gradientToAddTo[..Columns], gradientToAddTo[Columns..]);
        return LogLossLayer.Forward(margin, label);
    }

    public override bool IsPenalised(int parameter) => parameter != InterceptIndex;
}
