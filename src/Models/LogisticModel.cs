using DigitalTwin.Models.Layers;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models;

/// <summary>Logistic regression: log-odds = w · x + intercept. Parameters: the weights, then the intercept.</summary>
public sealed class LogisticModel(int columns) : DifferentiableModel
{
    public override int ParameterCount => Columns + 1;

    public override int Columns { get; } =
        columns > 0 ? columns : throw new ArgumentOutOfRangeException(nameof(columns));

    /// <summary>The place of the intercept: the last.</summary>
    public int InterceptIndex => Columns;

    /// <summary>All entries uniform in ±1 / sqrt(columns), as torch.nn.Linear starts.</summary>
    /// <remarks>
    /// The published results of federated averaging on the heart-disease hospitals begin there and stop before the
    /// start is forgotten. The loss is convex: methods that run to its optimum, or that pay for every round with noise,
    /// start at zero.
    /// </remarks>
    public override double[] InitialParameters(ulong seed)
    {
        PhiloxStream random = new(seed, stream: 0);
        double limit = 1 / Math.Sqrt(Columns);
        double[] parameters = new double[ParameterCount];
        foreach (ref double parameter in parameters.AsSpan())
        {
            parameter = limit * ((2 * random.NextUnit()) - 1);
        }

        return parameters;
    }

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
