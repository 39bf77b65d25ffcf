using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Tests.Networks.Kernels;

// Goal: elementary functions are near the true values and have the same bits at every width. Method: a fine grid over
// the range, with the awkward numbers, against double arithmetic; then all widths against the scalar path.
public sealed class LaneMathTests
{
    private static float[] Grid { get; } =
    [
        .. Enumerable.Range(-9000, 18001).Select(i => i * 0.00991f),
        0f, -0f, float.Epsilon, -float.Epsilon, 1e-30f, 0.62499994f, 0.625f, -0.625f, 1e30f, -1e30f,
        float.PositiveInfinity, float.NegativeInfinity, float.NaN,
    ];

    [Fact]
    public void Functions_are_near_the_true_values()
    {
        foreach (float x in Grid.Where(x => Math.Abs(x) < 87))
        {
            Near(Math.Exp(x), Apply<ExpCurve>(VectorWidth.Scalar, [x])[0], relative: 1.5e-7);
            Near(1 / (1 + Math.Exp(-x)), Apply<SigmoidCurve>(VectorWidth.Scalar, [x])[0], relative: 3e-7);
            Near(Math.Tanh(x), Apply<TanhCurve>(VectorWidth.Scalar, [x])[0], relative: 2.5e-7);
        }

        foreach (float x in Grid.Where(x => Math.Abs(x) < 13))
        {
            Assert.Equal(x * Normal(x), Apply<GeluCurve>(VectorWidth.Scalar, [x])[0], (3e-7 * Math.Abs(x)) + 1e-30);
        }
    }

    [Fact]
    public void All_widths_have_the_bits_of_the_scalar_path()
    {
        foreach (VectorWidth width in Enum.GetValues<VectorWidth>())
        {
            SameBits(Apply<ExpCurve>(VectorWidth.Scalar, Grid), Apply<ExpCurve>(width, Grid));
            SameBits(Apply<ReluCurve>(VectorWidth.Scalar, Grid), Apply<ReluCurve>(width, Grid));
            SameBits(Apply<SigmoidCurve>(VectorWidth.Scalar, Grid), Apply<SigmoidCurve>(width, Grid));
            SameBits(Apply<TanhCurve>(VectorWidth.Scalar, Grid), Apply<TanhCurve>(width, Grid));
            SameBits(Apply<GeluCurve>(VectorWidth.Scalar, Grid), Apply<GeluCurve>(width, Grid));
            SameBits(Slope<GeluCurve>(VectorWidth.Scalar), Slope<GeluCurve>(width));
            SameBits(Slope<TanhCurve>(VectorWidth.Scalar), Slope<TanhCurve>(width));
        }
    }

    [Fact]
    public void Beyond_the_range_functions_keep_the_value_of_the_end()
    {
        float[] ends = [float.NegativeInfinity, -1e30f, 1e30f, float.PositiveInfinity, float.NaN];

        Assert.Equal([0f, 0f, 1f, 1f, float.NaN], Apply<SigmoidCurve>(VectorWidth.Vector256, ends), NearlyEqual);
        Assert.Equal([-1f, -1f, 1f, 1f, float.NaN], Apply<TanhCurve>(VectorWidth.Vector256, ends), NearlyEqual);
        Assert.All(Apply<ExpCurve>(VectorWidth.Vector256, ends[..4]), y => Assert.True(float.IsNormal(y)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(47)]
    public void Sums_are_the_same_tree_at_every_width(int count)
    {
        float[] a = GemmTests.Normals(5, count);
        float[] b = GemmTests.Normals(6, count);
        float scalar = TreeSums.Dot(VectorWidth.Scalar, a, b);

        Assert.Equal(a.Zip(b).Sum(pair => (double)pair.First * pair.Second), scalar, 1e-4);
        Assert.Equal(a.Sum(x => (double)x), TreeSums.Sum(a), 1e-4);
        Assert.All(Enum.GetValues<VectorWidth>(), width => Assert.Equal(scalar, TreeSums.Dot(width, a, b)));
    }

    private static bool NearlyEqual(float expected, float actual) =>
        float.IsNaN(expected) ? float.IsNaN(actual) : Math.Abs(expected - actual) < 1e-37;

    private static void Near(double expected, float actual, double relative) =>
        Assert.Equal(expected, actual, (relative * Math.Abs(expected)) + 1e-45);

    // Which of the NaNs comes out is the processor's choice.
    private static void SameBits(float[] expected, float[] actual) => Assert.Equal(Bits(expected), Bits(actual));

    private static IEnumerable<int> Bits(float[] floats) => floats.Select(
        value => BitConverter.SingleToInt32Bits(float.IsNaN(value) ? float.NaN : value));

    private static float[] Apply<TCurve>(VectorWidth width, float[] x)
        where TCurve : struct, ICurve
    {
        float[] y = new float[x.Length];
        Elementwise.Forward<TCurve>(width, x, y);
        return y;
    }

    private static float[] Slope<TCurve>(VectorWidth width)
        where TCurve : struct, ICurve
    {
        float[] slope = new float[Grid.Length];
        float[] ones = [.. Enumerable.Repeat(1f, Grid.Length)];
        Elementwise.Backward<TCurve>(width, Grid, Apply<TCurve>(width, Grid), ones, slope);
        return slope;
    }

    // Simpson's rule on the density, 2000 steps from -12.
    private static double Normal(double x)
    {
        if (x < -12)
        {
            return 0;
        }

        const int Steps = 2000;
        double h = (Math.Min(x, 12) + 12) / Steps;
        double sum = 0;
        for (int i = 0; i <= Steps; i++)
        {
            double t = -12 + (i * h);
            sum += Math.Exp(-t * t / 2) * (i is 0 or Steps ? 1 : i % 2 == 0 ? 2 : 4);
        }

        return sum * h / 3 / Math.Sqrt(2 * Math.PI);
    }

    private readonly struct ExpCurve : ICurve
    {
        public static T Forward<T>(T x)
            where T : struct, ILanes<T> => LaneMath.Exp(x);

        public static T Backward<T>(T x, T y, T outputGradient)
            where T : struct, ILanes<T> => outputGradient * y;
    }
}
