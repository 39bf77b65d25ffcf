using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy;

// Goal: the formula for continuous noise plus the slack bounds the true δ of noise on the integers. Method: the
// discrete hockey stick summed term by term, for one coordinate at large σ and for two at small σ, where the slack is
// large enough to be wrong; and exact convolutions for noise that is drawn in parts.
public sealed class DiscreteGaussianSlackTests
{
    [Theory]
    [InlineData(1024, 1024)]
    [InlineData(1024, 300)]
    [InlineData(1024, 3000)]
    [InlineData(1024, 1)]
    [InlineData(5000, 4999)]
    [InlineData(2, 3)]
    [InlineData(1, 1)]
    public void One_coordinate_stays_within_the_slack(int sigma, int shift)
    {
        double[] noise = Pmf(sigma, 14 * sigma);
        double mu = (double)shift / sigma;
        double slack = 1 / (sigma * Math.Sqrt(2 * Math.PI));

        foreach (double epsilon in (double[])[0, 0.01, 0.1, 0.5, 1, 2, 5, 9])
        {
            double excess = HockeyStick(noise, shift, epsilon) - GaussianComposition.Delta(epsilon, mu);

            // Twice the rounding of 3e4 terms.
            Assert.InRange(excess, double.NegativeInfinity, slack + 1e-12);
        }
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 2, 1)]
    [InlineData(2, 1, 3)]
    [InlineData(3, 3, 4)]
    [InlineData(8, 5, 0)]
    [InlineData(8, 7, 9)]
    public void Two_coordinates_stay_within_twice_the_slack(int sigma, int firstShift, int secondShift)
    {
        double[] noise = Pmf(sigma, 14 * sigma);
        double mu = Math.Sqrt((firstShift * firstShift) + (secondShift * secondShift)) / sigma;
        double slack = 2 / (sigma * Math.Sqrt(2 * Math.PI));

        foreach (double epsilon in (double[])[0, 0.1, 0.5, 1, 2, 4])
        {
            double excess = HockeyStick(noise, firstShift, secondShift, epsilon)
                - GaussianComposition.Delta(epsilon, mu);

            Assert.InRange(excess, double.NegativeInfinity, slack + 1e-12);
        }
    }

    [Fact]
    public void The_slack_is_needed()
    {
        // σ = 1, shift 1, ε just above 1/2: the whole of one integer's probability may lie on the wrong side.
        double largest = Enumerable.Range(0, 400)
            .Select(i => i * 0.01)
            .Max(epsilon => HockeyStick(Pmf(1, 40), 1, epsilon) - GaussianComposition.Delta(epsilon, 1));

        Assert.InRange(largest, 0.01, 1 / Math.Sqrt(2 * Math.PI));
    }

    [Fact]
    public void The_normaliser_is_at_least_that_of_the_continuous_density_and_hardly_more()
    {
        foreach (double sigma in (double[])[0.5, 0.7, 1, 1.3, 2])
        {
            double sum = 0;
            for (int n = -60; n <= 60; n++)
            {
                sum += Math.Exp(-n * n / (2 * sigma * sigma));
            }

            double relative = (sum / (sigma * Math.Sqrt(2 * Math.PI))) - 1;
            Assert.InRange(relative, -1e-15, (3 * Math.Exp(-2 * Math.PI * Math.PI * sigma * sigma)) + 1e-15);
        }
    }

    // Python: coordinates / (sigma * math.sqrt(2 * math.pi))
    [Theory]
    [InlineData(0, 1024, 0)]
    [InlineData(1, 1024, 3.895920707045241e-4)]
    [InlineData(440, 68719476736, 2.5543646679817233e-9)]
    public void The_slack_is_coordinates_over_sigma_root_two_pi(long coordinates, double sigma, double expected)
    {
        Assert.Equal(expected, DiscreteGaussianSlack.Of(coordinates, sigma), 1e-15 * expected);
    }

    [Theory]
    [InlineData(2, 0.75)]
    [InlineData(2, 1)]
    [InlineData(3, 0.75)]
    [InlineData(4, 0.8)]
    [InlineData(5, 1)]
    public void A_sum_of_discrete_gaussians_is_within_tau_of_one(int addends, double sigma)
    {
        const int Reach = 8;
        double[] part = Pmf(sigma, 30);
        double[] sum = part;
        for (int i = 1; i < addends; i++)
        {
            sum = Convolve(sum, part);
        }

        double[] whole = Pmf(sigma * Math.Sqrt(addends), (sum.Length - 1) / 2);
        double tau = DiscreteGaussianSlack.Tau(addends, sigma);

        for (int x = -Reach; x <= Reach; x++)
        {
            int index = x + ((sum.Length - 1) / 2);
            Assert.InRange(Math.Log(sum[index] / whole[index]), -tau - 1e-12, tau + 1e-12);
        }
    }

    [Fact]
    public void From_the_smallest_accepted_sigma_on_noise_in_parts_costs_nothing()
    {
        Assert.Equal(0, DiscreteGaussianSlack.SumTau(1000, DiscreteGaussianSlack.MinimumSigmaGrid));
    }

    [Fact]
    public void A_sigma_in_real_units_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => DiscreteGaussianSlack.Of(1, 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => DiscreteGaussianSlack.Of(1, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => DiscreteGaussianSlack.Of(-1, 2048));
        Assert.Throws<ArgumentOutOfRangeException>(() => DiscreteGaussianSlack.SumTau(2, 1.5));
        Assert.Throws<ArgumentOutOfRangeException>(() => DiscreteGaussianSlack.SumTau(0, 2048));
    }

    /// <summary>Probabilities of −reach … reach under N_Z(0, σ²).</summary>
    private static double[] Pmf(double sigma, int reach)
    {
        double[] weights = [.. Enumerable.Range(-reach, (2 * reach) + 1)
            .Select(x => Math.Exp(-(double)x * x / (2 * sigma * sigma)))];
        double total = weights.Sum();
        return [.. weights.Select(weight => weight / total)];
    }

    private static double At(double[] pmf, int index) => index >= 0 && index < pmf.Length ? pmf[index] : 0;

    private static double HockeyStick(double[] noise, int shift, double epsilon)
    {
        double sum = 0;
        for (int x = 0; x < noise.Length + shift; x++)
        {
            sum += Math.Max(0, At(noise, x - shift) - (Math.Exp(epsilon) * At(noise, x)));
        }

        return sum;
    }

    private static double HockeyStick(double[] noise, int firstShift, int secondShift, double epsilon)
    {
        double sum = 0;
        for (int x = 0; x < noise.Length + firstShift; x++)
        {
            for (int y = 0; y < noise.Length + secondShift; y++)
            {
                double shifted = At(noise, x - firstShift) * At(noise, y - secondShift);
                sum += Math.Max(0, shifted - (Math.Exp(epsilon) * At(noise, x) * At(noise, y)));
            }
        }

        return sum;
    }

    private static double[] Convolve(double[] left, double[] right)
    {
        double[] result = new double[left.Length + right.Length - 1];
        for (int i = 0; i < left.Length; i++)
        {
            for (int j = 0; j < right.Length; j++)
            {
                result[i + j] += left[i] * right[j];
            }
        }

        return result;
    }
}
