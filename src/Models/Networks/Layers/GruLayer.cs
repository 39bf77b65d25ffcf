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
    : RecurrentLayer<GruCell>(input, hidden, onlyLast);
