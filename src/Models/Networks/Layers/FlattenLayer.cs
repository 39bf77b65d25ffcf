using DigitalTwin.Models.Networks.Descriptions;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>The same floats as one vector.</summary>
internal sealed class FlattenLayer(SampleShape input) : Layer(input, SampleShape.Vector(input.Size))
{
    public override void Forward(in LayerFrame frame) => frame.Input.CopyTo(frame.Output);

    public override void BackwardInput(in LayerFrame frame)
    {
        if (!frame.InputGradient.IsEmpty)
        {
            frame.OutputGradient.CopyTo(frame.InputGradient);
        }
    }
}
