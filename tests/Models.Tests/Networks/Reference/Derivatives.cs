using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.Networks.Reference;

/// <summary>Gradients against central differences in doubles, and floats against doubles.</summary>
internal static class Derivatives
{
    private const double Step = 1e-5;

    /// <summary>A loss of the outputs with slopes of its own: L = Σ c_i y_i.</summary>
    public static double[] Slopes { get; } = Normals(77, 200);

    public static double Weighted(double[] output) => output.Zip(Slopes, (y, slope) => y * slope).Sum();

    /// <summary>Every entry to 1e-6 of the difference of the loss, or of 1 where that is larger.</summary>
    public static void AreSame(double[] gradient, double[] values, Func<double> loss)
    {
        for (int i = 0; i < values.Length; i++)
        {
            double value = values[i];
            values[i] = value + Step;
            double above = loss();
            values[i] = value - Step;
            double below = loss();
            values[i] = value;
            double difference = (above - below) / (2 * Step);
            Assert.Equal(difference, gradient[i], 1e-6 * Math.Max(1, Math.Abs(difference)));
        }
    }

    /// <summary>Every entry to 1e-5 of the largest one, or of 1 where that is larger.</summary>
    public static void Near(double[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double tolerance = 1e-5 * Math.Max(1, expected.Max(Math.Abs));
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    public static double[] Normals(ulong seed, int count)
    {
        PhiloxStream random = new(seed, stream: 98);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextNormal())];
    }

    public static float[] Floats(double[] values) => [.. values.Select(value => (float)value)];

    public static double[] Doubles(float[] values) => [.. values.Select(value => (double)value)];
}
