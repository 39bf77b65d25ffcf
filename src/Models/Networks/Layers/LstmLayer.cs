using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>Long short-term memory, in PyTorch's form.</summary>
/// <remarks>
/// Hochreiter and Schmidhuber 1997 with the forget gate of Gers, Schmidhuber and Cummins 2000; gates i, f, g, o with
/// a_· = W_i· x + b_i· + W_h· h + b_h·: c' = σ(a_f) c + σ(a_i) tanh(a_g), h' = σ(a_o) tanh(c').
/// </remarks>
internal sealed class LstmLayer(SampleShape input, int hidden, bool onlyLast)
    : RecurrentLayer<LstmCell>(input, hidden, onlyLast);
