using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Reference;

namespace DigitalTwin.Models.Tests.Networks.Kernels;

// Goal: a step of a recurrent cell is the plain form's, and a masked row hands everything on. Method: two rows whose
// units do not fill a register; the first is observed, the second is not.
public sealed class CellLoopTests
{
    private const int Hidden = 21;
    private const double Tolerance = 2e-6;

    [Fact]
    public void A_gated_recurrent_step_is_the_plain_one()
    {
        const int Gates = 3 * Hidden;
        float[] x = GemmTests.Normals(1, 2 * Gates);
        float[] u = GemmTests.Normals(2, 2 * Gates);
        float[] h = GemmTests.Normals(3, 2 * Hidden);
        float[] carried = GemmTests.Normals(4, 2 * Hidden);
        (float[] gates, float[] after) = (new float[Gates], new float[Hidden]);
        GruReference.Forward<float>(x.AsSpan(0, Gates), u.AsSpan(0, Gates), h.AsSpan(0, Hidden), gates, after);
        (float[] dx, float[] du, float[] dh) = (new float[Gates], new float[Gates], new float[Hidden]);
        GruReference.Backward<float>(
            gates, u.AsSpan(0, Gates), h.AsSpan(0, Hidden), carried.AsSpan(0, Hidden), dx, du, dh);

        float[] skipped = carried[Hidden..];
        (float[] fastAfter, float[] stateDeltas) = (new float[2 * Hidden], new float[2 * Gates]);
        CellStep step = StepOf(Gates, x, u, h, fastAfter, carried, stateDeltas);
        CellLoop.Forward<GruCell>(VectorWidths.Widest, step);
        Near(gates, x[..Gates]);
        CellLoop.Backward<GruCell>(VectorWidths.Widest, step);

        Near(after, fastAfter[..Hidden]);
        Near(dx, x[..Gates]);
        Near(du, stateDeltas[..Gates]);
        Near(dh, carried[..Hidden]);
        Assert.Equal(h[Hidden..], fastAfter[Hidden..]);
        Assert.Equal(skipped, carried[Hidden..]);
        Assert.All(x[Gates..], delta => Assert.Equal(0f, delta));
        Assert.All(stateDeltas[Gates..], delta => Assert.Equal(0f, delta));
    }

    [Fact]
    public void A_step_with_memory_is_the_plain_one()
    {
        const int Gates = 4 * Hidden;
        float[] x = GemmTests.Normals(1, 2 * Gates);
        float[] u = GemmTests.Normals(2, 2 * Gates);
        float[] h = GemmTests.Normals(3, 2 * Hidden);
        float[] carried = GemmTests.Normals(4, 2 * Hidden);

        // Per row: memory before, memory after, gradient.
        float[] memory = GemmTests.Normals(5, 2 * 3 * Hidden);
        float[] c = memory[..Hidden];
        float[] sums = [.. x.Zip(u, (a, b) => a + b)];
        (float[] gates, float[] cAfter, float[] after) = (new float[Gates], new float[Hidden], new float[Hidden]);
        LstmReference.Forward<float>(sums.AsSpan(0, Gates), c, gates, cAfter, after);
        (float[] da, float[] dc) = (new float[Gates], memory[(2 * Hidden)..(3 * Hidden)]);
        float[] carriedMemory = [.. dc];
        LstmReference.Backward<float>(gates, c, cAfter, carried.AsSpan(0, Hidden), carriedMemory, da, dc);

        float[] skipped = carried[Hidden..];
        float[] skippedMemory = memory[(3 * Hidden)..];
        float[] fastAfter = new float[2 * Hidden];
        CellStep step = StepOf(Gates, x, u, h, fastAfter, carried, stateDeltas: [], memory);
        CellLoop.Forward<LstmCell>(VectorWidths.Widest, step);
        CellLoop.Backward<LstmCell>(VectorWidths.Widest, step);

        Near(after, fastAfter[..Hidden]);
        Near(cAfter, memory[Hidden..(2 * Hidden)]);
        Near(da, x[..Gates]);
        Near(dc, memory[(2 * Hidden)..(3 * Hidden)]);
        Assert.All(carried[..Hidden], value => Assert.Equal(0f, value));
        Assert.Equal(h[Hidden..], fastAfter[Hidden..]);
        Assert.Equal(skipped, carried[Hidden..]);
        Assert.Equal(skippedMemory[..Hidden], memory[(4 * Hidden)..(5 * Hidden)]);
        Assert.Equal(skippedMemory[(2 * Hidden)..], memory[(5 * Hidden)..]);
        Assert.All(x[Gates..], delta => Assert.Equal(0f, delta));
    }

    private static CellStep StepOf(
        int gates,
        float[] x,
        float[] u,
        float[] h,
        float[] after,
        float[] carried,
        float[] stateDeltas,
        float[]? memory = null) => new()
        {
            Rows = 2,
            Hidden = Hidden,
            GatesSize = gates,
            Gates = x,
            GatesPitch = gates,
            FromState = u,
            StateDeltas = stateDeltas,
            Before = h,
            BeforePitch = Hidden,
            After = after,
            AfterPitch = Hidden,
            Carried = carried,
            Memory = memory,
            MemoryPitch = 3 * Hidden,
            MemoryGradient = memory is null ? default : memory.AsSpan(2 * Hidden),
            Mask = new float[] { 1, 0 },
            MaskPitch = 1,
        };

    private static void Near(float[] expected, float[] actual) =>
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, Tolerance));
}
