using System.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy.Accounting;

// Goal: the transform is the sum that defines it. Method: that sum, term by term, and the way back.
public sealed class RealFourierTransformTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    [InlineData(128)]
    [InlineData(1024)]
    public void Coefficients_are_the_defining_sums_and_lead_back(int length)
    {
        double[] sequence = Noise(length);
        RealFourierTransform transform = new(length);
        Complex[] coefficients = new Complex[transform.Coefficients];

        transform.Forward(sequence, coefficients);

        for (int k = 0; k < coefficients.Length; k++)
        {
            Complex sum = Complex.Zero;
            for (int n = 0; n < length; n++)
            {
                sum += sequence[n] * Complex.FromPolarCoordinates(1, -2 * Math.PI * ((long)k * n % length) / length);
            }

            Assert.InRange(Complex.Abs(sum - coefficients[k]), 0, 1e-13 * length);
        }

        double[] back = new double[length];
        transform.Inverse(coefficients, back);
        Assert.All(sequence.Zip(back), pair => Assert.Equal(pair.First, pair.Second, 1e-14));
    }

    [Fact]
    public void Products_of_coefficients_are_circular_convolutions()
    {
        const int Length = 64;
        double[] left = Noise(Length);
        double[] right = Noise(Length, "right");
        RealFourierTransform transform = new(Length);
        Complex[] ofLeft = new Complex[transform.Coefficients];
        Complex[] ofRight = new Complex[transform.Coefficients];
        transform.Forward(left, ofLeft);
        transform.Forward(right, ofRight);
        double[] product = new double[Length];

        transform.Inverse([.. ofLeft.Zip(ofRight, (a, b) => a * b)], product);

        for (int n = 0; n < Length; n++)
        {
            double sum = Enumerable.Range(0, Length).Sum(m => left[m] * right[(n - m + Length) % Length]);
            Assert.Equal(sum, product[n], 1e-12);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(12)]
    public void A_length_that_is_no_power_of_two_is_refused(int length) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new RealFourierTransform(length));

    private static double[] Noise(int length, string purpose = "left")
    {
        using SeededRandomBits bits = new(new byte[SeededRandomBits.KeySize], purpose);
        double[] noise = new double[length];
        foreach (ref double value in noise.AsSpan())
        {
            value = (bits.NextUInt64() / (double)ulong.MaxValue) - 0.5;
        }

        return noise;
    }
}
