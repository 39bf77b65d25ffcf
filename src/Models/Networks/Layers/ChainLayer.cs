using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Networks.Threads;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>Layers one after another.</summary>
/// <remarks>
/// Kept: for every layer but the last its output and the gradient of it (the last one writes to the chain's own), and
/// for every layer what it keeps itself.
/// </remarks>
internal sealed class ChainLayer : Layer
{
    private readonly Layer[] _layers;
    private readonly int[] _parameterOffsets;

    public ChainLayer(Layer[] layers)
        : base(layers[0].Input, layers[^1].Output)
    {
        _layers = layers;
        _parameterOffsets = new int[layers.Length];
        int offset = 0;
        for (int i = 0; i < layers.Length; i++)
        {
            _parameterOffsets[i] = offset;
            offset = checked(offset + layers[i].ParameterCount);
        }

        ParameterCount = offset;
    }

    public override int ParameterCount { get; }

    /// <summary>Names are prefixed by the number of the layer, as in PyTorch's Sequential.</summary>
    public override IEnumerable<ParameterBlock> Blocks => _layers.SelectMany((layer, i) => layer.Blocks.Select(
        block => block with { Name = $"{i}.{block.Name}", Offset = block.Offset + _parameterOffsets[i] }));

    public override bool DependsOnPlace => _layers.Any(layer => layer.DependsOnPlace);

    public override int KeptSize(int rows)
    {
        int size = 0;
        for (int i = 0; i < _layers.Length; i++)
        {
            size = checked(size + SizeBetween(i, rows) + _layers[i].KeptSize(rows));
        }

        return size;
    }

    public override int ScratchSize(int rows) => _layers.Max(layer => layer.ScratchSize(rows));

    public override void Initialise(Span<float> parameters, PhiloxStream random)
    {
        for (int i = 0; i < _layers.Length; i++)
        {
            _layers[i].Initialise(parameters.Slice(_parameterOffsets[i], _layers[i].ParameterCount), random);
        }
    }

    public override void Forward(in LayerFrame frame)
    {
        int kept = 0;
        LayerFrame inner = frame;
        for (int i = 0; i < _layers.Length; i++)
        {
            kept = Enter(ref inner, frame, i, kept);
            _layers[i].Forward(inner);
        }
    }

    public override void BackwardInput(in LayerFrame frame)
    {
        int kept = KeptSize(frame.Rows);
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            LayerFrame inner = FrameOf(frame, i, ref kept);
            _layers[i].BackwardInput(inner);
        }
    }

    public override void BackwardParameters(in LayerFrame frame, Span<float> gradientToAddTo) =>
        BackwardParameters(frame, WorkShare.Whole, gradientToAddTo);

    public override void BackwardParameters(in LayerFrame frame, WorkShare share, Span<float> gradientToAddTo)
    {
        int kept = KeptSize(frame.Rows);
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            LayerFrame inner = FrameOf(frame, i, ref kept);
            _layers[i].BackwardParameters(
                inner, share, gradientToAddTo.Slice(_parameterOffsets[i], _layers[i].ParameterCount));
        }
    }

    public override void AddSquaredNorms(in LayerFrame frame, PrivacyUnits units, Span<double> squaredNorms)
    {
        int kept = KeptSize(frame.Rows);
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            LayerFrame inner = FrameOf(frame, i, ref kept);
            _layers[i].AddSquaredNorms(inner, units, squaredNorms);
        }
    }

    public override void ScaleDeltas(in LayerFrame frame, ReadOnlySpan<float> factors)
    {
        int kept = KeptSize(frame.Rows);
        for (int i = _layers.Length - 1; i >= 0; i--)
        {
            LayerFrame inner = FrameOf(frame, i, ref kept);
            _layers[i].ScaleDeltas(inner, factors);
        }
    }

    // Output and gradient of layer i, unless they are the chain's own.
    private int SizeBetween(int i, int rows) => i < _layers.Length - 1 ? checked(2 * rows * _layers[i].Output.Size) : 0;

    // Turns the frame of layer i - 1 into that of layer i, whose kept floats begin at `kept`; returns where they end.
    private int Enter(ref LayerFrame inner, in LayerFrame frame, int i, int kept)
    {
        Layer layer = _layers[i];
        int between = SizeBetween(i, frame.Rows) / 2;
        inner.Input = i == 0 ? frame.Input : inner.Output;
        inner.InputGradient = i == 0 ? frame.InputGradient : inner.OutputGradient;
        inner.Parameters = frame.Parameters.Slice(_parameterOffsets[i], layer.ParameterCount);
        inner.Output = i == _layers.Length - 1 ? frame.Output : frame.Kept.Slice(kept, between);
        inner.OutputGradient = i == _layers.Length - 1
            ? frame.OutputGradient
            : frame.Kept.Slice(kept + between, between);
        kept += 2 * between;
        int own = layer.KeptSize(frame.Rows);
        inner.Kept = frame.Kept.Slice(kept, own);
        return kept + own;
    }

    // The frame of layer i, whose kept floats end at `kept`, which moves to where they begin.
    private LayerFrame FrameOf(in LayerFrame frame, int i, ref int kept)
    {
        LayerFrame inner = frame;
        int own = SizeBetween(i, frame.Rows) + _layers[i].KeptSize(frame.Rows);
        kept -= own;
        if (i > 0)
        {
            int before = SizeBetween(i - 1, frame.Rows);
            int start = kept - before - _layers[i - 1].KeptSize(frame.Rows);
            inner.Output = frame.Kept.Slice(start, before / 2);
            inner.OutputGradient = frame.Kept.Slice(start + (before / 2), before / 2);
        }

        Enter(ref inner, frame, i, kept);

        // Nobody wants the gradient before the first layer that has parameters.
        if (frame.InputGradient.IsEmpty && _parameterOffsets[i] == 0)
        {
            inner.InputGradient = default;
        }

        return inner;
    }
}
