using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>The gated recurrent unit, in PyTorch's form.</summary>
/// <remarks>
/// Cho et al., EMNLP 2014, with the reset gate after the product (Chung et al. 2014, as cuDNN and PyTorch have it):
/// r = σ(x_r + h_r), z = σ(x_z + h_z), n = tanh(x_n + r h_n), h' = (1 − z) n + z h, where x_· = W_i· x + b_i· and
/// h_· = W_h· h + b_h·.
/// </remarks>
internal sealed class GruLayer(SampleShape input, int hidden, bool onlyLast)
    : RecurrentLayer(input, hidden, gates: 3, onlyLast)
{
    protected override void Cell(
        in LayerFrame frame,
        in Place place,
        Span<float> fromInput,
        Span<float> fromState,
        ReadOnlySpan<float> before,
        Span<float> after) => GruKernel.Forward(frame.Width, fromInput, fromState, before, after);

    protected override void CellBackward(
        in LayerFrame frame,
        in Place place,
        Span<float> fromInput,
        Span<float> fromState,
        ReadOnlySpan<float> before,
        Span<float> carried) => GruKernel.Backward(frame.Width, fromInput, fromState, before, carried);
}
