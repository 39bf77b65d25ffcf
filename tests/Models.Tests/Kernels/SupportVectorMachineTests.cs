using DigitalTwin.Models.GeneralisedLinear;
using DigitalTwin.Models.Kernels;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.Kernels;

// Goal: both machines reach the optimum of an independent minimiser, hospitals add up to the pooled fit, and random
// features make them bend. Method: lung with scipy 1.10.1, minimize(method='BFGS', gtol=1e-12) of the objective and a
// linear solve in numpy; two rings.
public sealed class SupportVectorMachineTests
{
    private const double L2 = 2;

    [Fact]
    public void Squared_hinge_on_lung_agrees_with_scipy()
    {
        Table table = Lung();
        SupportVectorMachine machine = SupportVectorMachine.SquaredHinge(3);

        SupportVectorResult fit = machine.Fit(L2, parameters => machine.LocalStatistic(table, parameters));

        Agreement.Close(
            [0.0734926526999, -0.40270049714813, 0.26450174021366, 0.41324110424414], fit.Parameters, 1e-9);
        Assert.Equal(80.63105849590106, fit.Objective, 1e-9);
        Assert.True(fit.Converged);
    }

    [Fact]
    public void Least_squares_on_lung_agrees_with_a_linear_solve_after_one_step()
    {
        Table table = Lung();
        SupportVectorMachine machine = SupportVectorMachine.LeastSquares(3);

        SupportVectorResult one = machine.Fit(L2, p => machine.LocalStatistic(table, p), maxRounds: 1);
        SupportVectorResult fit = machine.Fit(L2, p => machine.LocalStatistic(table, p));

        double[] expected = [0.07330080751911, -0.40137979786602, 0.2609587526527, 0.41229554835143];
        Agreement.Close(expected, one.Parameters, 1e-12);
        Agreement.Close(expected, fit.Parameters, 1e-12);
        Assert.Equal(80.65195684625594, fit.Objective, 1e-9);
        Assert.Equal(2, fit.Rounds);
    }

    [Fact]
    public void The_sum_over_four_hospitals_gives_the_pooled_machine_on_random_features()
    {
        Table table = new RandomFourierFeatures(3, features: 40, gamma: 0.5, publicSeed: 9).Map(Lung());
        Table[] sites = [.. Enumerable.Range(0, 4).Select(
            site => table.Select([.. Enumerable.Range(0, table.Rows).Where(row => row % 4 == site)]))];
        SupportVectorMachine machine = SupportVectorMachine.SquaredHinge(40);

        SupportVectorResult pooled = machine.Fit(L2, p => machine.LocalStatistic(table, p));
        SupportVectorResult federated = machine.Fit(
            L2, p => HeartDisease.Sum(sites.Select(site => machine.LocalStatistic(site, p))));

        Assert.True(pooled.Converged);
        Agreement.Close(pooled.Parameters, federated.Parameters, 1e-11);
    }

    [Fact]
    public void Random_features_separate_rings_that_no_line_separates()
    {
        Table rings = Rings(seed: 15);
        Table mapped = new RandomFourierFeatures(2, features: 100, gamma: 1, publicSeed: 3).Map(rings);

        Assert.InRange(Accuracy(rings), 0.3, 0.7);
        Assert.True(Accuracy(mapped) > 0.98);

        static double Accuracy(Table table)
        {
            SupportVectorMachine machine = SupportVectorMachine.SquaredHinge(table.Columns);
            double[] parameters = machine.Fit(0.1, p => machine.LocalStatistic(table, p)).Parameters;
            return Enumerable.Range(0, table.Rows).Average(
                row => (machine.Margin(parameters, table.Row(row)) > 0 ? 1 : 0) == table.Label(row) ? 1.0 : 0);
        }
    }

    [Fact]
    public void Inner_products_of_random_features_approach_the_gaussian_kernel()
    {
        // An inner product of D features is a mean of D terms of standard deviation at most 1: five of them at D =
        // 20,000 are 0.036. With the seed fixed the test cannot fail by chance.
        const double Gamma = 0.7;
        RandomFourierFeatures features = new(2, features: 20_000, Gamma, publicSeed: 1);
        double[] origin = features.Map([0.2, -0.1]);

        foreach (double distance in new[] { 0, 0.5, 1, 2 })
        {
            double[] other = features.Map([0.2 + distance, -0.1]);
            double inner = origin.Zip(other, (a, b) => a * b).Sum();
            Assert.Equal(Math.Exp(-Gamma * distance * distance), inner, 0.036);
        }
    }

    [Fact]
    public void Least_squares_is_the_gaussian_linear_model_of_signs()
    {
        Table rings = Rings(seed: 16);
        Table signs = new(
            2,
            [.. Enumerable.Range(0, rings.Rows).SelectMany(row => rings.Row(row).ToArray())],
            [.. rings.Labels.ToArray().Select(label => (2 * label) - 1)]);
        SupportVectorMachine machine = SupportVectorMachine.LeastSquares(2);

        double[] parameters = machine.Fit(L2, p => machine.LocalStatistic(rings, p)).Parameters;

        Agreement.Close(
            GlmFit.Run(new GeneralisedLinearModel(GlmFamily.Gaussian, 2), signs, l2: L2).Parameters, parameters, 1e-12);
    }

    [Fact]
    public void Labels_that_are_no_classes_and_wrong_shapes_are_refused()
    {
        SupportVectorMachine machine = SupportVectorMachine.SquaredHinge(1);

        Assert.Throws<ArgumentException>(() => machine.LocalStatistic(new Table(1, [1], [2]), [0, 0]));
        Assert.Throws<ArgumentException>(() => machine.LocalStatistic(new Table(1, [1], [1]), [0]));
        Assert.Throws<ArgumentException>(() => machine.Fit(1, _ => [1, 2]));
        Assert.Throws<ArgumentException>(() => new RandomFourierFeatures(2, 3, 1, 1).Map([1.0]));
    }

    private static Table Lung()
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("survival_lung").Complete("ph.ecog");
        return new Table(
            3,
            ClinicalCsv.RowMajor(
                [.. data.Numbers("age").Select(age => (age - 62) / 9)],
                [.. data.Numbers("sex").Select(sex => sex - 1.5)],
                [.. data.Numbers("ph.ecog").Select(score => score - 1)]),
            data.Is("status", "2"));
    }

    private static Table Rings(ulong seed)
    {
        PhiloxStream random = new(seed, 0);
        List<double> features = [];
        List<double> labels = [];
        for (int row = 0; row < 200; row++)
        {
            double x = random.NextNormal();
            double y = random.NextNormal();
            double radius = (row % 2 == 0 ? 1 : 2) / Math.Sqrt((x * x) + (y * y));
            features.AddRange([x * radius, y * radius]);
            labels.Add(row % 2);
        }

        return new Table(2, [.. features], [.. labels]);
    }
}
