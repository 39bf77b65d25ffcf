using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>y = W x + b for every row, or for every step of every row; W is O × I, then b.</summary>
internal sealed class DenseNetworkLayer : Layer
{
    private readonly int _inputs;
    private readonly int _outputs;
    private readonly int _steps;

    public DenseNetworkLayer(SampleShape input, int width)
        : base(input, input.Kind == SampleKind.Sequence
            ? SampleShape.Sequence(input.Steps, width)
            : SampleShape.Vector(width))
    {
        (_inputs, _outputs, _steps) = (input.Features, width, input.Steps);
    }

    public override int ParameterCount => checked((_inputs + 1) * _outputs);

    public override int ProductCount => 1;

    public override bool HasOnlyProducts => true;

    public override IEnumerable<ParameterBlock> Blocks =>
        [new("weight", 0, [_outputs, _inputs]), new("bias", _inputs * _outputs, [_outputs])];

    public override int ScratchSize(int rows) => int.Max(
        OuterProduct.ScratchSize(rows, _steps, _inputs, _outputs),
        int.Max(
            Gemm.PackingSize(_inputs, _outputs == 1 ? rows * _steps : _outputs),
            Gemm.PackingSize(_outputs, _inputs == 1 ? rows * _steps : _inputs)));

    /// <summary>Weights uniform in ±sqrt(3 / inputs), so that their variance is 1 / inputs; biases 0.</summary>
    /// <remarks>LeCun, Bottou, Orr and Müller, "Efficient BackProp", 1998, §4.6.</remarks>
    public override void Initialise(Span<float> parameters, PhiloxStream random)
    {
        FillUniform(parameters[..(_inputs * _outputs)], Math.Sqrt(3.0 / _inputs), random);
        parameters[(_inputs * _outputs)..].Clear();
    }

    public override void Forward(in LayerFrame frame)
    {
        int pairs = frame.Rows * _steps;
        Gemm.MultiplyAddRow(
            frame.Width,
            MatrixView.Of(frame.Input, pairs, _inputs),
            MatrixView.Of(frame.Parameters, _outputs, _inputs).Transposed,
            frame.Parameters[(_inputs * _outputs)..],
            MatrixView.Of(frame.Output, pairs, _outputs),
            frame.Scratch);
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        if (frame.InputGradient.IsEmpty)
        {
            return;
        }

        int pairs = frame.Rows * _steps;
        Gemm.Multiply(
            frame.Width,
            MatrixView.Of(frame.OutputGradient, pairs, _outputs),
            MatrixView.Of(frame.Parameters, _outputs, _inputs),
            MatrixView.Of(frame.InputGradient, pairs, _inputs),
            SumsBegin.AtZero,
            frame.Scratch);
    }

    public override OuterProduct ProductOf(in LayerFrame frame, int index) => new()
    {
        Steps = _steps,
        InputSize = _inputs,
        DeltaSize = _outputs,
        Inputs = frame.Input,
        Deltas = frame.OutputGradient,
        WeightOffset = 0,
        BiasOffset = _inputs * _outputs,
    };
}
