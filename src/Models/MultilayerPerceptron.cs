using DigitalTwin.Models.Layers;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models;

/// <summary>Dense layers with an activation between them, and one log-odds at the end.</summary>
/// <remarks>
/// Parameters: layer after layer, the weights (outputs × inputs, row by row), then the biases. With no hidden layer
/// this is <see cref="LogisticModel"/>, parameter for parameter.
/// </remarks>
public sealed class MultilayerPerceptron : DifferentiableModel
{
    private readonly int[] _widths;
    private readonly Activation _activation;

    /// <param name="columns">Features of a row.</param>
    /// <param name="hidden">Units of each hidden layer, from the input on.</param>
    /// <param name="activation">After each hidden layer.</param>
    public MultilayerPerceptron(int columns, int[] hidden, Activation activation = Activation.Relu)
    {
        ArgumentNullException.ThrowIfNull(hidden);
        _widths = [columns, .. hidden, 1];
        foreach (int width in _widths)
        {
            ArgumentOutOfRangeException.ThrowIfNegativeOrZero(width);
        }

        _activation = activation;
        ParameterCount = Enumerable.Range(0, LayerCount).Sum(layer => ShapeOf(layer).ParameterCount);
    }

    public override int ParameterCount { get; }

    public override int Columns => _widths[0];

    private int LayerCount => _widths.Length - 1;

    /// <summary>
    /// Biases 0; weights uniform in ±sqrt(6 / inputs) before a ReLU, ±sqrt(6 / (inputs + outputs)) elsewhere.
    /// </summary>
    /// <remarks>He et al. 2015, equation 10, for a uniform law; Glorot and Bengio 2010, equation 16.</remarks>
    public override double[] InitialParameters(ulong seed)
    {
        double[] parameters = new double[ParameterCount];
        PhiloxStream random = new(seed, stream: 0);
        int offset = 0;
        for (int layer = 0; layer < LayerCount; layer++)
        {
            LayerShape shape = ShapeOf(layer);
            bool beforeRelu = _activation == Activation.Relu && layer < LayerCount - 1;
            double limit = Math.Sqrt(6.0 / (beforeRelu ? shape.Inputs : shape.Inputs + shape.Outputs));
            foreach (ref double weight in shape.Weights(parameters.AsSpan(offset)))
            {
                weight = limit * ((2 * random.NextUnit()) - 1);
            }

            offset += shape.ParameterCount;
        }

        return parameters;
    }

    public override double Margin(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row) =>
        Forward(parameters, row)[^1][0];

    public override double LossAndGradient(
        ReadOnlySpan<double> parameters, ReadOnlySpan<double> row, double label, Span<double> gradientToAddTo)
    {
        double[][] outputs = Forward(parameters, row);
        double margin = outputs[^1][0];

        double[] outputGradient = [LogLossLayer.Backward(margin, label)];
        int offset = ParameterCount;
        for (int layer = LayerCount - 1; layer >= 0; layer--)
        {
            LayerShape shape = ShapeOf(layer);
            offset -= shape.ParameterCount;
            ReadOnlySpan<double> input = layer == 0 ? row : outputs[layer - 1];
            Span<double> gradient = gradientToAddTo[offset..];
            DenseLayer.BackwardParameters(input, outputGradient, shape.Weights(gradient), shape.Biases(gradient));
            if (layer > 0)
            {
                double[] inputGradient = new double[shape.Inputs];
                DenseLayer.BackwardInput(shape.Weights(parameters[offset..]), outputGradient, inputGradient);
                BackwardActivation(input, inputGradient);
                outputGradient = inputGradient;
            }
        }

        return LogLossLayer.Forward(margin, label);
    }

    public override bool IsPenalised(int parameter)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(parameter);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(parameter, ParameterCount);
        int place = parameter;
        int layer = 0;
        while (place >= ShapeOf(layer).ParameterCount)
        {
            place -= ShapeOf(layer).ParameterCount;
            layer++;
        }

        return place < ShapeOf(layer).WeightCount;
    }

    /// <summary>What leaves each layer, activation included: outputs[layer][unit].</summary>
    private double[][] Forward(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row)
    {
        RequireShapes(parameters, row);
        double[][] outputs = new double[LayerCount][];
        ReadOnlySpan<double> input = row;
        for (int layer = 0; layer < LayerCount; layer++)
        {
            LayerShape shape = ShapeOf(layer);
            outputs[layer] = new double[shape.Outputs];
            DenseLayer.Forward(shape.Weights(parameters), shape.Biases(parameters), input, outputs[layer]);
            if (layer < LayerCount - 1)
            {
                ForwardActivation(outputs[layer]);
            }

            parameters = parameters[shape.ParameterCount..];
            input = outputs[layer];
        }

        return outputs;
    }

    private void ForwardActivation(Span<double> values)
    {
        if (_activation == Activation.Relu)
        {
            ReluLayer.Forward(values);
        }
        else
        {
            TanhLayer.Forward(values);
        }
    }

    private void BackwardActivation(ReadOnlySpan<double> output, Span<double> gradient)
    {
        if (_activation == Activation.Relu)
        {
            ReluLayer.Backward(output, gradient);
        }
        else
        {
            TanhLayer.Backward(output, gradient);
        }
    }

    private LayerShape ShapeOf(int layer) => new(_widths[layer], _widths[layer + 1]);

    /// <summary>Where the weights and biases of one dense layer lie in the vector that begins with them.</summary>
    private readonly record struct LayerShape(int Inputs, int Outputs)
    {
        public int WeightCount => Inputs * Outputs;

        public int ParameterCount => WeightCount + Outputs;

        public ReadOnlySpan<double> Weights(ReadOnlySpan<double> vector) => vector[..WeightCount];

        public Span<double> Weights(Span<double> vector) => vector[..WeightCount];

        public ReadOnlySpan<double> Biases(ReadOnlySpan<double> vector) => vector.Slice(WeightCount, Outputs);

        public Span<double> Biases(Span<double> vector) => vector.Slice(WeightCount, Outputs);
    }
}
