using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy;

// Goal: δ of sampled continuous noise plus the slack bounds the true δ of sampled noise on the integers. Method: the
// discrete hockey stick summed term by term, at σ so small that the slack is large enough to be wrong, for one
// coordinate, for two, and for two steps, against a closed form or a fine quadrature of the continuous one.
public sealed class EulerMaclaurinSlackTests
{
    private static readonly double[] Epsilons = [0, 0.02, 0.1, 0.3, 0.7, 1, 2, 4];

    public static TheoryData<double, int, double> Cases
    {
        get
        {
            TheoryData<double, int, double> cases = [];
            foreach (double sigma in (double[])[1, 1.5, 2.5, 6, 30])
            {
                foreach (int shift in (int[])[1, 2, 5, 9])
                {
                    foreach (double rate in (double[])[0.01, 0.3, 1])
                    {
                        cases.Add(sigma, shift, rate);
                    }
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void One_coordinate_stays_within_the_slack_both_ways(double sigma, int shift, double rate)
    {
        double slack = EulerMaclaurinSlack.Bound(1, sigma, shift / sigma);
        foreach (double epsilon in Epsilons)
        {
            foreach (bool removal in (bool[])[true, false])
            {
                double excess = Discrete(sigma, shift, rate, Math.Exp(epsilon), removal)
                    - Continuous(sigma, shift, rate, Math.Exp(epsilon), removal);

                Assert.InRange(excess, double.NegativeInfinity, slack + 1e-7);
            }
        }
    }

    // Two adaptive steps, the second with another shift after an even outcome: level γ·Q/P after each past.
    [Theory]
    [InlineData(1.5, 0.4)]
    [InlineData(3, 0.2)]
    [InlineData(3, 1)]
    public void Two_steps_stay_within_twice_the_slack(double sigma, double rate)
    {
        const int Shift = 3;
        double slack = 2 * EulerMaclaurinSlack.Bound(1, sigma, Shift / sigma);
        foreach (double epsilon in Epsilons)
        {
            double level = Math.Exp(epsilon);
            double discrete = 0;
            double[] noise = Pmf(sigma);
            int reach = noise.Length / 2;
            for (int x = -reach; x <= reach + Shift; x++)
            {
                double without = At(noise, x);
                double with = ((1 - rate) * without) + (rate * At(noise, x - Shift));
                if (with > 0)
                {
                    int second = int.IsEvenInteger(x) ? Shift : 1 - Shift;
                    discrete += with * Discrete(sigma, Math.Abs(second), rate, level * without / with, removal: true);
                }
            }

            double continuous = PrivacyLossAccountant.Delta(
                PrivacyComposition.Of(new PoissonSampling(rate).Gaussian(sigma / Shift), 2), epsilon)!.Value.Upper;
            Assert.InRange(discrete - continuous, double.NegativeInfinity, slack + 1e-7);
        }
    }

    [Fact]
    public void The_slack_is_needed_and_is_not_far_above_what_is_needed()
    {
        double largest = 0;
        for (double epsilon = 0; epsilon < 2; epsilon += 0.05)
        {
            double excess = Discrete(1.5, 1, 1, Math.Exp(epsilon), removal: true)
                - Continuous(1.5, 1, 1, Math.Exp(epsilon), removal: true);
            largest = Math.Max(largest, excess);
        }

        double slack = EulerMaclaurinSlack.Bound(1, 1.5, 1 / 1.5);
        Assert.InRange(largest, slack / 30, slack);
    }

    // 26,010 parameters, 3750 steps, multiplier 1.3 on a grid of 2^26: (26010 + 0.59)·3750 / (5·(1.3·2^26)²).
    [Fact]
    public void A_network_on_a_fine_grid_costs_almost_nothing() => Assert.Equal(
        2.5631e-9, 3750 * EulerMaclaurinSlack.Of(26_010, 1.3 * (1 << 26), 1.3), 1e-13);

    [Fact]
    public void Sigma_in_real_units_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => EulerMaclaurinSlack.Of(10, 1.3, 1.3));

    private static double Discrete(double sigma, int shift, double rate, double level, bool removal)
    {
        double[] noise = Pmf(sigma);
        int reach = noise.Length / 2;
        double sum = 0;
        for (int x = -reach; x <= reach + shift; x++)
        {
            double without = At(noise, x);
            double with = ((1 - rate) * without) + (rate * At(noise, x - shift));
            sum += Math.Max(0, removal ? with - (level * without) : without - (level * with));
        }

        return sum;
    }

    // The trapezoid rule with 400 points per σ: its own error is some 1e-7.
    private static double Continuous(double sigma, int shift, double rate, double level, bool removal)
    {
        double step = sigma / 400;
        double sum = 0;
        for (double x = -12 * sigma; x <= shift + (12 * sigma); x += step)
        {
            double without = Density(x / sigma) / sigma;
            double with = ((1 - rate) * without) + (rate * Density((x - shift) / sigma) / sigma);
            sum += Math.Max(0, removal ? with - (level * without) : without - (level * with));
        }

        return sum * step;
    }

    private static double Density(double z) => Math.Exp(-z * z / 2) / Math.Sqrt(2 * Math.PI);

    private static double[] Pmf(double sigma)
    {
        int reach = (int)(14 * sigma);
        double[] weights = [.. Enumerable.Range(-reach, (2 * reach) + 1).Select(x => Density(x / sigma))];
        double total = weights.Sum();
        return [.. weights.Select(weight => weight / total)];
    }

    private static double At(double[] pmf, int x)
    {
        int place = x + (pmf.Length / 2);
        return place >= 0 && place < pmf.Length ? pmf[place] : 0;
    }
}
