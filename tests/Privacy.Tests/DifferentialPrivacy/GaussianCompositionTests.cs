using System.Globalization;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.TestKit;

namespace DigitalTwin.Privacy.Tests.DifferentialPrivacy;

// Goal: the exact ε and δ of composed Gaussian mechanisms, in both directions and far into the tail. Method: logarithms
// of δ at 1000 digits, ε published and computed by other accountants, and the definition of δ integrated numerically.
public sealed class GaussianCompositionTests
{
    // Python: mpmath.mp.dps = 1000; log(ncdf(mu/2 - eps/mu) - exp(eps)*ncdf(-mu/2 - eps/mu)). Columns: eps, mu, ln δ.
    [Theory]
    [InlineData(0, 1, -9.5991633369562232e-1)]
    [InlineData(0, 0.001, -7.8266938538534757)]
    [InlineData(0, 1e-08, -1.9339619277157038e+1)]
    [InlineData(1, 1, -2.0640664465003905)]
    [InlineData(1, 0.5, -4.9864899068481334)]
    [InlineData(1, 0.1, -5.7356933724833952e+1)]
    [InlineData(1, 0.03, -5.6649697162437516e+2)]
    [InlineData(0.1, 0.01, -6.0108304488070151e+1)]
    [InlineData(0.001, 0.0001, -6.4762962409325132e+1)]
    [InlineData(1e-05, 9.9e-06, -1.4027363742523788e+1)]
    [InlineData(1e-05, 1.01e-05, -1.3969272356815724e+1)]
    [InlineData(1e-07, 1e-08, -7.3973802730074715e+1)]
    [InlineData(5, 1, -1.4361320786606816e+1)]
    [InlineData(30, 1, -4.4284937808230364e+2)]
    [InlineData(36, 1, -6.3821309311950179e+2)]
    [InlineData(100, 3, -5.1351467477209144e+2)]
    [InlineData(100, 15, -2.5119629480742443e-1)]
    [InlineData(1000, 20, -8.0570774754528427e+2)]
    [InlineData(1000, 40, -1.5187390698916741e+1)]
    [InlineData(1000, 45, -5.0944331325247216e-1)]
    [InlineData(1000, 30, -1.7236463913749145e+2)]
    [InlineData(1000, 100, -6.0940004161319806e-350)]
    [InlineData(0.5, 10, -7.3527850378800008e-7)]
    [InlineData(10, 12, -2.1052292118584406e-7)]
    [InlineData(0, 37, -2.0647397379126579e-76)]
    public void Logarithms_of_delta_agree_with_thousand_digit_arithmetic(double epsilon, double mu, double expected)
    {
        // The stated relative error of δ is the absolute error of its logarithm; the logarithm has 16 digits itself.
        double depth = Math.Abs((mu / 2) - (epsilon / mu));
        double tolerance = (1e-15 * (1 + depth) / Math.Max(mu, 1e-5)) + (1e-11 * Math.Min(1, 1e-4 / mu))
            + (2e-15 * Math.Abs(expected)) + 1e-15;

        Assert.InRange(GaussianComposition.LogDelta(epsilon, mu) - expected, -tolerance, tolerance);
        Assert.Equal(Math.Exp(GaussianComposition.LogDelta(epsilon, mu)), GaussianComposition.Delta(epsilon, mu));
    }

    // The closed form at full participation, cross-checked against the PLD accountant of google dp_accounting 0.6.0.
    [Theory]
    [InlineData(0.5, 1e-5, 1.993091)]
    [InlineData(0.5, 1e-6, 2.254085)]
    [InlineData(1, 1e-5, 4.377178)]
    [InlineData(1, 1e-6, 4.886554)]
    [InlineData(2, 1e-5, 9.997256)]
    [InlineData(2, 1e-6, 10.997151)]
    [InlineData(3, 1e-5, 16.675494)]
    [InlineData(3, 1e-6, 18.163446)]
    public void Epsilon_agrees_with_the_closed_form(double mu, double delta, double expected)
    {
        Assert.Equal(expected, GaussianComposition.Epsilon(mu, delta), 6);
    }

    // dp_accounting pld_privacy_accountant_test.py (three Gaussians of σ = √3) and accountant_test.py (σ = 10 at
    // sensitivity 6 and 25 steps).
    [Theory]
    [InlineData(1.7320508075688772, 3, 1, 0.12693674)]
    [InlineData(1.6666666666666667, 25, 1, 0.78760074)]
    public void Delta_agrees_with_published_values(double noiseMultiplier, int steps, double epsilon, double expected)
    {
        double mu = GaussianComposition.TotalMu(noiseMultiplier, steps);

        Assert.Equal(expected, GaussianComposition.Delta(epsilon, mu), 8);
    }

    // Columns: noise multiplier, steps, δ, ε (exact, 40 digits): the rows with sampling rate 1 of the golden table.
    [Theory]
    [InlineData(1, 1, 1e-5, 4.37717809568)]
    [InlineData(10, 100, 1e-6, 4.88655411746)]
    [InlineData(50, 1000, 1e-6, 2.92160059043)]
    public void Epsilon_agrees_with_forty_digit_arithmetic(
        double noiseMultiplier, int steps, double delta, double expected)
    {
        double mu = GaussianComposition.TotalMu(noiseMultiplier, steps);

        Assert.Equal(expected, GaussianComposition.Epsilon(mu, delta), 1e-10 * expected);
    }

    [Fact]
    public void Every_full_participation_row_of_the_golden_table_is_met()
    {
        string? path = SharedFiles.Find("golden/eps_poisson_gaussian.csv");
        if (path is null)
        {
            Assert.Skip("needs golden/eps_poisson_gaussian.csv beside the checkout");
        }

        string[] lines = File.ReadAllLines(path);
        List<string> columns = [.. lines[0].Split(',')];
        double[][] rows = [.. lines.Skip(1)
            .Select(line => line.Split(',').Select(cell => double.Parse(cell, CultureInfo.InvariantCulture)).ToArray())
            .Where(row => row[columns.IndexOf("q")] == 1)];

        Assert.NotEmpty(rows);
        foreach (double[] row in rows)
        {
            double Column(string name) => row[columns.IndexOf(name)];
            double mu = GaussianComposition.TotalMu(Column("noise_multiplier"), (int)Column("steps"));
            double epsilon = GaussianComposition.Epsilon(mu, Column("delta"));

            double exact = Column("eps_exact_gdp(q=1)");
            Assert.Equal(exact, epsilon, 1e-10 * exact);
            Assert.InRange(
                epsilon, Column("eps_pld_optimistic_lower"), Column("eps_pld_dpaccounting_pessimistic") + 2e-3);
        }
    }

    [Theory]
    [InlineData(0, 0.1)]
    [InlineData(0.3, 0.5)]
    [InlineData(1, 1)]
    [InlineData(4, 1)]
    [InlineData(2, 3)]
    [InlineData(8, 2)]
    [InlineData(20, 4)]
    [InlineData(1, 0.05)]
    public void Delta_is_the_integral_of_the_hockey_stick(double epsilon, double mu)
    {
        double expected = HockeyStick(epsilon, mu);

        Assert.Equal(expected, GaussianComposition.Delta(epsilon, mu), 1e-9 * expected);
    }

    [Theory]
    [InlineData(1e-6)]
    [InlineData(1e-3)]
    [InlineData(0.3)]
    [InlineData(1)]
    [InlineData(5)]
    [InlineData(40)]
    public void Epsilon_and_delta_undo_each_other_down_to_the_smallest_doubles(double mu)
    {
        foreach (double delta in (double[])[1e-1, 1e-3, 1e-5, 1e-10, 1e-30, 1e-100, 1e-300])
        {
            double epsilon = GaussianComposition.Epsilon(mu, delta);

            Assert.True(GaussianComposition.Delta(epsilon, mu) <= delta * (1 + 1e-12));
            if (epsilon > 0)
            {
                Assert.True(GaussianComposition.Delta(epsilon * (1 - 1e-7), mu) > delta);
            }
        }
    }

    [Theory]
    [InlineData(0, 1e-5)]
    [InlineData(0.1, 1e-3)]
    [InlineData(1, 1e-3)]
    [InlineData(1, 1e-5)]
    [InlineData(8, 1e-6)]
    [InlineData(1000, 1e-9)]
    [InlineData(1, 1e-300)]
    [InlineData(1, 0.999)]
    public void The_noise_for_a_budget_spends_it_and_no_more(double epsilon, double delta)
    {
        PrivacyBudget budget = new(epsilon, delta);
        foreach (int steps in (int[])[1, 3, 100, 100000])
        {
            double mu = GaussianComposition.TotalMu(GaussianComposition.NoiseMultiplier(budget, steps), steps);

            double spent = GaussianComposition.Delta(epsilon, mu);
            Assert.InRange(spent / delta, 1 - 1e-9, 1 + 1e-9);
        }
    }

    [Fact]
    public void Nothing_spent_costs_nothing_and_no_noise_has_no_bound()
    {
        Assert.Equal(0, GaussianComposition.Epsilon(0, 1e-5));
        Assert.Equal(0, GaussianComposition.Delta(1, 0));
        Assert.Equal(0, GaussianComposition.TotalMu(1, 0));
        Assert.Equal(double.PositiveInfinity, GaussianComposition.Epsilon(1, 0));
        Assert.Equal(double.PositiveInfinity, GaussianComposition.Epsilon(double.PositiveInfinity, 1e-5));
        Assert.Equal(1, GaussianComposition.Delta(1, double.PositiveInfinity));
        Assert.Equal(0, GaussianComposition.Mu(new PrivacyBudget(5, 0)));
        Assert.Throws<ArgumentException>(() => GaussianComposition.NoiseMultiplier(new PrivacyBudget(5, 0), 1));
    }

    [Fact]
    public void Arguments_without_a_meaning_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => GaussianComposition.Delta(-1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => GaussianComposition.Delta(1, double.NaN));
        Assert.Throws<ArgumentOutOfRangeException>(() => GaussianComposition.Epsilon(-1, 1e-5));
        Assert.Throws<ArgumentOutOfRangeException>(() => GaussianComposition.Epsilon(1, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => GaussianComposition.TotalMu(0, 1));
        Assert.Throws<ArgumentOutOfRangeException>(() => GaussianComposition.NoiseMultiplier(new(1, 1e-5), 0));
    }

    /// <summary>
    /// δ = ∫ max(0, φ(x − μ) − e^ε·φ(x)) dx by Simpson's rule, over the half-line x ≥ ε/μ + μ/2 where the privacy loss
    /// exceeds ε: the definition itself, with no normal distribution function in it.
    /// </summary>
    private static double HockeyStick(double epsilon, double mu)
    {
        const int Intervals = 200_000;
        double start = (epsilon / mu) + (mu / 2);
        double step = 40.0 / Intervals;
        double Stick(double x) =>
            (Math.Exp(-(x - mu) * (x - mu) / 2) - Math.Exp(epsilon - (x * x / 2))) / Math.Sqrt(2 * Math.PI);

        double sum = 0;
        for (int i = 0; i <= Intervals; i++)
        {
            double weight = i is 0 or Intervals ? 1 : (i % 2 == 0 ? 2 : 4);
            sum += weight * Stick(start + (i * step));
        }

        return sum * step / 3;
    }
}
