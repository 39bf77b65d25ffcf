using DigitalTwin.Federation.Attacks;
using DigitalTwin.Models;
using DigitalTwin.Models.Layers;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Federation.Tests.Attacks;

// Goal: rows are read back from gradients where that is possible, and the harness says so where it is not. Method: rows
// that are known, one or a few at a time, bare, clipped, summed with those of other hospitals, and under noise.
public sealed class GradientInversionTests
{
    private const int Columns = 6;
    private static readonly InversionEffort Effort = new(Starts: 4, Iterations: 100, Seed: 1);

    [Fact]
    public void One_patient_is_read_from_the_first_layer_exactly_clipped_or_not()
    {
        foreach ((DifferentiableModel model, int units) in new (DifferentiableModel, int)[]
        {
            (new LogisticModel(Columns), 1),
            (new MultilayerPerceptron(Columns, [8], Activation.Relu), 8),
            (new MultilayerPerceptron(Columns, [8, 3], Activation.Tanh), 8),
        })
        {
            double[] row = RowsOf(1, seed: 2);
            foreach (double label in new[] { 0.0, 1 })
            {
                double[] gradient = GradientOf(model, row, [label]);
                double[] clipped = [.. gradient.Select(value => value / 7)];

                Assert.Equal(label, GradientInversion.Label(gradient));
                foreach (double[] observed in new[] { gradient, clipped })
                {
                    double[] found = GradientInversion.FirstLayer(observed, Columns, units)!;
                    Assert.InRange(ReconstructionError.Of(row, found, Columns).MeanSquare, 0, 1e-20);
                }
            }
        }
    }

    [Theory]
    [InlineData(1, GradientLikeness.Distance)]
    [InlineData(1, GradientLikeness.Angle)]
    [InlineData(3, GradientLikeness.Distance)]
    [InlineData(3, GradientLikeness.Angle)]
    public void A_few_patients_of_a_network_are_found_by_matching_gradients(int patients, GradientLikeness likeness)
    {
        MultilayerPerceptron model = new(Columns, [12], Activation.Tanh);
        double[] rows = RowsOf(patients, seed: 3);
        double[] labels = LabelsOf(patients);
        double[] parameters = model.InitialParameters(7);

        double[] found = GradientInversion.Match(
            model, parameters, GradientOf(model, rows, labels), labels, likeness, Effort);

        ReconstructionError error = ReconstructionError.Of(rows, found, Columns);
        Assert.Equal(1, error.Recovered);
        Assert.InRange(error.MeanSquare, 0, 1e-6);
    }

    // Seven numbers cannot say what 16 patients of six features are: the best there is lies no nearer than a guess
    // does.
    [Fact]
    public void The_sum_of_four_hospitals_of_a_logistic_model_gives_nobody_back()
    {
        LogisticModel model = new(Columns);
        double[] rows = RowsOf(16, seed: 4);
        double[] labels = LabelsOf(16);

        double[] found = GradientInversion.Match(
            model,
            model.InitialParameters(7),
            GradientOf(model, rows, labels),
            labels,
            GradientLikeness.Distance,
            Effort with { Starts = 1 });

        ReconstructionError error = ReconstructionError.Of(rows, found, Columns);
        ReconstructionError guess = ReconstructionError.Of(rows, RowsOf(16, seed: 5), Columns);
        Assert.Equal(0, error.Recovered);
        Assert.InRange(error.MeanSquare, 0.5 * guess.MeanSquare, double.PositiveInfinity);
    }

    // The gradient has a norm of about 2, every number of it gets noise of deviation 1.
    [Fact]
    public void Noise_hides_one_patient()
    {
        MultilayerPerceptron model = new(Columns, [12], Activation.Tanh);
        PhiloxStream noise = new(8, stream: 0);
        double[] row = RowsOf(1, seed: 6);
        double[] noisy = [.. GradientOf(model, row, [1]).Select(value => value + noise.NextNormal())];

        double[] analytic = GradientInversion.FirstLayer(noisy, Columns, 12)!;
        double[] matched = GradientInversion.Match(
            model, model.InitialParameters(7), noisy, [1], GradientLikeness.Distance, Effort);

        Assert.InRange(ReconstructionError.Of(row, analytic, Columns).MeanSquare, 0.3, double.PositiveInfinity);
        Assert.InRange(ReconstructionError.Of(row, matched, Columns).MeanSquare, 0.3, double.PositiveInfinity);
    }

    [Fact]
    public void A_dead_layer_gives_nothing_and_senseless_questions_are_refused()
    {
        LogisticModel model = new(Columns);

        Assert.Null(GradientInversion.FirstLayer(new double[Columns + 1], Columns, 1));
        Assert.Throws<ArgumentException>(() => GradientInversion.FirstLayer(new double[Columns], Columns, 1));
        Assert.Throws<ArgumentException>(() => GradientInversion.Match(
            model, new double[7], new double[6], [1], GradientLikeness.Distance, Effort));
        Assert.Throws<ArgumentException>(() => GradientInversion.Match(
            model, new double[7], new double[7], [], GradientLikeness.Distance, Effort));
        Assert.Throws<ArgumentException>(() => ReconstructionError.Of([1, 2, 3], [1, 2], 2));
        Assert.Throws<ArgumentException>(() => ReconstructionError.Of([], [1, 2], 2));
    }

    [Fact]
    public void Each_true_row_is_compared_with_the_nearest_guess()
    {
        ReconstructionError error = ReconstructionError.Of([0, 0, 4, 4], [4, 6, 0.1, 0.1], columns: 2);

        Assert.Equal((0.01 + 2) / 2, error.MeanSquare, 1e-12);
        Assert.Equal(0, ReconstructionError.Of([0, 0], [0.11, 0.11], 2).Recovered);
        Assert.Equal(1, ReconstructionError.Of([0, 0], [0.09, 0.09], 2).Recovered);
    }

    private static double[] GradientOf(DifferentiableModel model, double[] rows, double[] labels)
    {
        double[] gradient = new double[model.ParameterCount];
        double[] parameters = model.InitialParameters(7);
        for (int row = 0; row < labels.Length; row++)
        {
            model.LossAndGradient(parameters, rows.AsSpan(row * Columns, Columns), labels[row], gradient);
        }

        return gradient;
    }

    private static double[] RowsOf(int rows, ulong seed)
    {
        PhiloxStream random = new(seed, stream: 0);
        return [.. Enumerable.Range(0, rows * Columns).Select(_ => random.NextNormal())];
    }

    private static double[] LabelsOf(int rows) => [.. Enumerable.Range(0, rows).Select(row => (double)(row % 2))];
}
