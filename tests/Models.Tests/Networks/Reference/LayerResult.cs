using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Layers;

namespace DigitalTwin.Models.Tests.Networks.Reference;

/// <summary>What a fast layer makes of one row, and of <see cref="Derivatives.Slopes"/> on the way back.</summary>
internal sealed record LayerResult(float[] Output, float[] InputGradient, float[] Gradient)
{
    public static LayerResult Of(
        Layer layer, double[] parameters, double[] input, float[]? stepMask = null, bool training = false)
    {
        LayerResult result = new(
            new float[layer.Output.Size], new float[layer.Input.Size], new float[layer.ParameterCount]);
        LayerFrame frame = new()
        {
            Width = VectorWidths.Widest,
            Rows = 1,
            Parameters = Derivatives.Floats(parameters),
            Input = Derivatives.Floats(input),
            Output = result.Output,
            OutputGradient = Derivatives.Floats(Derivatives.Slopes[..layer.Output.Size]),
            InputGradient = result.InputGradient,
            Kept = new float[layer.KeptSize(1)],
            Scratch = new float[layer.ScratchSize(1)],
            StepMask = stepMask,
            Training = training,
        };
        layer.Forward(frame);
        layer.BackwardInput(frame);
        layer.BackwardParameters(frame, result.Gradient);
        return result;
    }
}
