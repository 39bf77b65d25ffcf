using DigitalTwin.Models.Networks.Lanes;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Tests.Networks.Kernels;

namespace DigitalTwin.Models.Tests.Networks.Optimisers;

// Goal: three steps of each optimiser go where PyTorch's (1.13.0, doubles) or the paper's formula leads, with the same
// bits at every width. PyTorch: x = [1, -2, 0.5], gradient of step t = [0.5, -1, 0.25] (t + 1) - [0, 0, 0.5], rate 0.1.
public sealed class OptimiserTests
{
    public static TheoryData<string> Names => [.. Makers.Keys];

    private static Dictionary<string, Func<int, VectorWidth, Optimiser>> Makers { get; } = new()
    {
        ["sgd"] = (n, width) => new SgdOptimiser(n) { Width = width },
        ["momentum"] = (n, width) => new SgdOptimiser(n, 0.9) { Width = width },
        ["adam"] = (n, width) => new AdamOptimiser(n) { Width = width },
        ["adam with decay"] = (n, width) => new AdamOptimiser(n, weightDecay: 0.1) { Width = width },
        ["adamw"] = (n, width) => new AdamWOptimiser(n, weightDecay: 0.1) { Width = width },
        ["adagrad"] = (n, width) => new AdagradOptimiser(n) { Width = width },
        ["yogi"] = (n, width) => new YogiOptimiser(n) { Width = width },
    };

    [Theory]
    [InlineData("sgd", 0.7, -1.4, 0.5)]
    [InlineData("momentum", 0.5245, -1.049, 0.54275)]
    [InlineData("adam", 0.707681679, -1.707681677, 0.658419047)]
    [InlineData("adam with decay", 0.705695288, -1.705786770, 0.607851132)]
    [InlineData("adamw", 0.680935861, -1.651234859, 0.640908488)]
    [InlineData("adagrad", 0.730378908, -1.730378908, 0.529289322)]
    public void Three_steps_lead_where_pytorch_goes(string name, double first, double second, double third)
    {
        float[] x = Walk(Makers[name](3, VectorWidths.Widest));

        Assert.Equal(first, x[0], 1e-6);
        Assert.Equal(second, x[1], 1e-6);
        Assert.Equal(third, x[2], 1e-6);
    }

    [Fact]
    public void Yogi_follows_its_paper()
    {
        double[] x = [1, -2, 0.5];
        for (int i = 0; i < 3; i++)
        {
            double m = 0;
            double v = 0;
            for (int t = 0; t < 3; t++)
            {
                double g = GradientAt(t)[i];
                m = (0.9 * m) + (0.1 * g);
                v -= 0.001 * Math.Sign(v - (g * g)) * g * g;
                x[i] -= 0.1 * m / (Math.Sqrt(v) + 1e-3);
            }
        }

        float[] walked = Walk(new YogiOptimiser(3));

        Assert.All(x.Zip(walked), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Every_width_steps_to_the_same_bits(string name)
    {
        float[][] ends =
        [
            .. Enum.GetValues<VectorWidth>().Select(width =>
            {
                float[] x = GemmTests.Normals(1, 37);
                Optimiser optimiser = Makers[name](37, width);
                for (ulong t = 0; t < 5; t++)
                {
                    optimiser.Step(x, GemmTests.Normals(2 + t, 37), 0.01);
                }

                return x;
            }),
        ];

        Assert.All(ends, end => Assert.Equal(ends[0], end));
    }

    [Fact]
    public void Learning_rates_follow_their_schedules()
    {
        Assert.Equal([0.1, 0.1], Rates(new ConstantRate(0.1), 0, 1000), Near);
        Assert.Equal([0.025, 0.05, 0.1, 0.1], Rates(new ConstantRate(0.1) { WarmUp = 4 }, 0, 1, 3, 4), Near);
        Assert.Equal([1, 1, 0.5, 0.25], Rates(new SteppedRate(1, 3, 0.5), 0, 2, 3, 8), Near);
        Assert.Equal([1, 0.75, 0.5, 0.25, 0, 0], Rates(new CosineRate(1, 6), 0, 2, 3, 4, 6, 99), Near);
        Assert.Equal([0.5, 1, 0.55, 0.1], Rates(new CosineRate(1, 6, 0.1) { WarmUp = 2 }, 0, 2, 5, 8), Near);
        Assert.All(Enumerable.Range(0, 1000), step => Assert.Equal(
            (1 + Math.Cos(Math.PI * step / 1000)) / 2, new CosineRate(1, 1000).At(step), 1e-14));
    }

    [Fact]
    public void A_long_gradient_is_shortened_and_a_short_one_left_alone()
    {
        float[] gradient = [3, 4];

        Assert.Equal(5, GradientNorm.Clip(gradient, 10), 1e-6);
        Assert.Equal([3f, 4f], gradient);
        Assert.Equal(5, GradientNorm.Clip(gradient, 1), 1e-6);
        Assert.Equal([0.6f, 0.8f], gradient, (a, b) => Math.Abs(a - b) < 1e-6);
    }

    [Fact]
    public void Settings_that_make_no_sense_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new SgdOptimiser(1, momentum: 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdamOptimiser(1, beta2: -0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdamWOptimiser(1, epsilon: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new AdamWOptimiser(1, weightDecay: double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => new SgdOptimiser(1).Step([1], [1], double.NaN));
        Assert.Throws<ArgumentException>(() => new SgdOptimiser(1).Step([1, 2], [1, 2], 0.1));
        Assert.Throws<ArgumentOutOfRangeException>(() => GradientNorm.Clip([1f], 0));
    }

    private static float[] Walk(Optimiser optimiser)
    {
        float[] x = [1, -2, 0.5f];
        for (int t = 0; t < 3; t++)
        {
            optimiser.Step(x, GradientAt(t), 0.1);
        }

        return x;
    }

    private static float[] GradientAt(int t) => [0.5f * (t + 1), -1f * (t + 1), (0.25f * (t + 1)) - 0.5f];

    private static IEnumerable<double> Rates(LearningRate rate, params int[] steps) => steps.Select(rate.At);

    private static bool Near(double a, double b) => Math.Abs(a - b) < 1e-14;
}
