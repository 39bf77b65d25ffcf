using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>An activation, entry by entry.</summary>
internal sealed class CurveLayer<TCurve>(SampleShape shape) : Layer(shape, shape)
    where TCurve : struct, ICurve
{
    public override void Forward(in LayerFrame frame) =>
        Elementwise.Forward<TCurve>(frame.Width, frame.Input, frame.Output);

    public override void BackwardInput(in LayerFrame frame)
    {
        if (!frame.InputGradient.IsEmpty)
        {
            Elementwise.Backward<TCurve>(
                frame.Width, frame.Input, frame.Output, frame.OutputGradient, frame.InputGradient);
        }
    }
}
