using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Kernels;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>Long short-term memory, in PyTorch's form.</summary>
/// <remarks>
/// Hochreiter and Schmidhuber 1997 with the forget gate of Gers, Schmidhuber and Cummins 2000; gates i, f, g, o with
/// a_· = W_i· x + b_i· + W_h· h + b_h·: c' = σ(a_f) c + σ(a_i) tanh(a_g), h' = σ(a_o) tanh(c'). The cell keeps c before
/// each step and after the last, then dL/dc.
/// </remarks>
internal sealed class LstmLayer(SampleShape input, int hidden, bool onlyLast)
    : RecurrentLayer(input, hidden, gates: 4, onlyLast)
{
    protected override int CellSize => (Input.Steps + 2) * Hidden;

    protected override void Cell(
        in LayerFrame frame,
        in Place place,
        Span<float> fromInput,
        Span<float> fromState,
        ReadOnlySpan<float> before,
        Span<float> after) => LstmKernel.Forward(
            frame.Width, fromInput, fromState, Memory(place, place.Step), Memory(place, place.Step + 1), after);

    protected override void CellBackward(
        in LayerFrame frame,
        in Place place,
        Span<float> fromInput,
        Span<float> fromState,
        ReadOnlySpan<float> before,
        Span<float> carried) => LstmKernel.Backward(
            frame.Width,
            fromInput,
            fromState,
            Memory(place, place.Step),
            Memory(place, place.Step + 1),
            Memory(place, Input.Steps + 1),
            carried);

    protected override void SkipCell(in Place place) =>
        Memory(place, place.Step).CopyTo(Memory(place, place.Step + 1));

    protected override void BeginBackward(Span<float> cell) => cell[((Input.Steps + 1) * Hidden)..].Clear();

    private Span<float> Memory(in Place place, int index) => place.Cell.Slice(index * Hidden, Hidden);
}
