using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Networks.Threads;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>y = x + f(x), where f keeps the shape: He, Zhang, Ren and Sun, CVPR 2016.</summary>
internal sealed class ResidualLayer(ChainLayer inner) : Layer(inner.Input, inner.Output)
{
    private readonly ChainLayer _inner = inner;

    public override int ParameterCount => _inner.ParameterCount;

    public override IEnumerable<ParameterBlock> Blocks =>
        _inner.Blocks.Select(block => block with { Name = $"inner.{block.Name}" });

    public override bool DependsOnPlace => _inner.DependsOnPlace;

    public override int KeptSize(int rows) => _inner.KeptSize(rows);

    public override int ScratchSize(int rows) => _inner.ScratchSize(rows);

    public override void Initialise(Span<float> parameters, PhiloxStream random) =>
        _inner.Initialise(parameters, random);

    public override void Forward(in LayerFrame frame)
    {
        _inner.Forward(frame);
        Elementwise.Add(frame.Width, frame.Input, frame.Output);
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        _inner.BackwardInput(frame);
        if (!frame.InputGradient.IsEmpty)
        {
            Elementwise.Add(frame.Width, frame.OutputGradient, frame.InputGradient);
        }
    }

    public override void BackwardParameters(in LayerFrame frame, Span<float> gradientToAddTo) =>
        _inner.BackwardParameters(frame, gradientToAddTo);

    public override void BackwardParameters(in LayerFrame frame, WorkShare share, Span<float> gradientToAddTo) =>
        _inner.BackwardParameters(frame, share, gradientToAddTo);

    public override void AddSquaredNorms(in LayerFrame frame, PrivacyUnits units, Span<double> squaredNorms) =>
        _inner.AddSquaredNorms(frame, units, squaredNorms);

    public override void ScaleDeltas(in LayerFrame frame, ReadOnlySpan<float> factors) =>
        _inner.ScaleDeltas(frame, factors);
}
