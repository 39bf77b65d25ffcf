using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: the ε on the ledger is what the logged noise costs. Method: σ, clip and the number of releases are read from
// the ledger alone; δ(ε) of their composition is integrated numerically (Simpson) from its definition, the hockey stick
// of two Gaussians, and compared with the promised δ. Nothing of the product's accountant is used.
public sealed class PrivacySpentTests
{
    private const double Delta = 1e-3;

    [Theory]
    [InlineData("distributed", 20)]
    [InlineData("local", 20)]
    [InlineData("distributed", 1)]
    [InlineData("local", 7)]
    public async Task Acceptance_b_the_reported_epsilon_follows_from_the_logged_sigma_clip_and_steps(
        string noise, int rounds)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        StudyState study = await consortium.RunAsync(
            StudyText.Study(
                FormattableString.Invariant($"{{ kind: gradient, rounds: {rounds} }}"),
                $"{{ protection: masks, dp: {{ epsilon: 1, delta: 1e-3, noise: {noise} }} }}"),
            TestContext.Current.CancellationToken);

        JsonObject[] releases =
        [
            .. consortium.Ledger.Records
                .Where(record => record.Statement.Name == "round-opened"
                    && record.Statement.Predicate["purpose"]!.GetValue<string>() == "train")
                .Select(record => record.Statement.Predicate["noise"]!.AsObject()),
        ];

        // All four survive where three would do: distributed noise is that of three shares, sized for two.
        double growth = noise == "distributed" ? Math.Sqrt(3.0 / 2) : 1;
        double squaredMu = releases.Sum(release =>
            Math.Pow(Field(release, "clip") / (growth * Field(release, "sigma")), 2));
        double words = new StudyProgram(consortium.DocumentOf(study.Name)).Model.ParameterCount;
        double slack = releases.Sum(release =>
            words / (growth * Field(release, "sigma") / Field(release, "clip") * (1 << 26) * Math.Sqrt(2 * Math.PI)));
        Assert.Equal(rounds, releases.Length);
        Assert.All(study.Rounds[^1].Attestations.Values, attestation =>
        {
            double epsilon = attestation.Epsilon!.Value;
            Assert.InRange(epsilon, noise == "distributed" ? 0.5 : 0.999, noise == "distributed" ? 0.9 : 1);
            Assert.Equal(Delta, attestation.Delta);
            Assert.Equal(Delta, HockeyStick(Math.Sqrt(squaredMu), epsilon) + slack, 1e-9);

            // Bun and Steinke 2016, Proposition 1.3: a zero-concentrated bound is never below the exact figure.
            double rho = squaredMu / 2;
            Assert.True(epsilon < rho + (2 * Math.Sqrt(rho * Math.Log(1 / Delta))));
        });
    }

    [Fact]
    public async Task Epsilon_grows_with_every_training_round_and_with_no_other()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        StudyState study = await consortium.RunAsync(
            StudyText.Study("{ kind: gradient, rounds: 4 }", StudyText.EpsilonOne),
                TestContext.Current.CancellationToken);

        double[] spent = [.. study.Rounds.Select(round => round.Attestations["north"].Epsilon!.Value)];

        Assert.Equal(5, spent.Length);
        Assert.True(spent[0] < spent[1] && spent[1] < spent[2] && spent[2] < spent[3]);
        Assert.Equal(spent[3], spent[4]);
    }

    [Fact]
    public void The_integral_of_the_test_is_right_where_the_answer_is_known()
    {
        // Total variation of N(0,1) and N(1,1) is 2·Φ(1/2) − 1; Python: math.erf(0.5/math.sqrt(2)).
        Assert.Equal(0.3829249225480262, HockeyStick(1, 0), 1e-10);
        Assert.Equal(0, HockeyStick(0, 0.1), 1e-12);
    }

    // δ(ε) = ∫ max(0, φ(x − μ) − e^ε·φ(x)) dx; the integrand is positive to the right of x = ε/μ + μ/2 alone.
    private static double HockeyStick(double mu, double epsilon)
    {
        const int Intervals = 200_000;
        const double Tail = 40;
        if (mu == 0)
        {
            return Math.Max(0, 1 - Math.Exp(epsilon));
        }

        double from = (epsilon / mu) + (mu / 2);
        double width = Tail / Intervals;
        double sum = 0;
        for (int i = 0; i <= Intervals; i++)
        {
            double x = from + (i * width);
            double weight = i is 0 or Intervals ? 1 : i % 2 == 1 ? 4 : 2;
            sum += weight * (Density(x - mu) - (Math.Exp(epsilon) * Density(x)));
        }

        return sum * width / 3;
    }

    private static double Density(double x) => Math.Exp(-x * x / 2) / Math.Sqrt(2 * Math.PI);

    private static double Field(JsonObject release, string name) =>
        double.Parse(release[name]!.GetValue<string>(), CultureInfo.InvariantCulture);
}
