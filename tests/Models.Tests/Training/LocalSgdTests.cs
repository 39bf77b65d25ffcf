using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Training;

namespace DigitalTwin.Models.Tests.Training;

// Goal: the steps are the ones that PyTorch's SGD and DataLoader would take. Method: a table whose gradients show which
// row was used; the full batch against the formula written out; repetition with equal and other streams.
public sealed class LocalSgdTests
{
    private static readonly SgdSettings OneByOne =
        new(LearningRate: 1e-9, BatchSize: 1, Steps: 1, L2: 0, ProximalMu: 0);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(5)]
    public void Every_epoch_uses_every_row_once(int epochs)
    {
        // Row i has feature i alone, so weight i moves once for each use of the row.
        const int Rows = 7;
        double[] features = new double[Rows * Rows];
        for (int row = 0; row < Rows; row++)
        {
            features[(row * Rows) + row] = 1;
        }

        Table table = new(Rows, features, [.. Enumerable.Repeat(1.0, Rows)]);
        double[] start = new double[Rows + 1];

        double[] end = LocalSgd.Run(
            new LogisticModel(Rows), table, start, OneByOne with { Steps = epochs * Rows }, new PhiloxStream(1, 1));

        Assert.All(end[..Rows], weight => Assert.Equal(epochs * 0.5e-9, weight, 1e-15));
    }

    [Fact]
    public void The_last_batch_of_an_epoch_is_smaller_and_averages_over_its_own_rows()
    {
        // Equal rows: a mean over any batch is the same gradient, so five steps over batches of 2, 2, 1, 2, 2 are
        // equal.
        Table table = new(1, [1, 1, 1, 1, 1], [1, 1, 1, 1, 1]);
        SgdSettings settings = new(LearningRate: 0.1, BatchSize: 2, Steps: 5, L2: 0, ProximalMu: 0);

        double[] batches = LocalSgd.Run(new LogisticModel(1), table, [0, 0], settings, new PhiloxStream(1, 1));
        double[] full = LocalSgd.Run(
            new LogisticModel(1), table, [0, 0], settings with { BatchSize = 5 }, new PhiloxStream(1, 1));

        Assert.Equal(full[0], batches[0], 1e-15);
        Assert.Equal(full[1], batches[1], 1e-15);
    }

    [Fact]
    public void A_step_subtracts_gradient_ridge_and_proximal_pull()
    {
        // p = 1/2 at the start; the second step adds the ridge on w (not on the intercept) and the pull to the start.
        Table table = new(1, [2], [1]);
        SgdSettings settings = new(LearningRate: 0.5, BatchSize: 10, Steps: 2, L2: 0.3, ProximalMu: 0.7);

        double[] end = LocalSgd.Run(new LogisticModel(1), table, [0, 0], settings, new PhiloxStream(1, 1));

        double w = 0.5 * 0.5 * 2;
        double b = 0.5 * 0.5;
        double residual = (1 / (1 + Math.Exp(-((2 * w) + b)))) - 1;
        Assert.Equal(w - (0.5 * ((residual * 2) + (0.3 * w) + (0.7 * w))), end[0], 1e-14);
        Assert.Equal(b - (0.5 * (residual + (0.7 * b))), end[1], 1e-14);
    }

    [Fact]
    public void Equal_streams_give_equal_bits_and_other_streams_another_order()
    {
        Table table = new(1, [-1, 2, 0.5, -3, 1], [0, 1, 1, 0, 0]);
        SgdSettings settings = new(LearningRate: 0.1, BatchSize: 2, Steps: 20, L2: 0, ProximalMu: 0);
        MultilayerPerceptron model = new(1, [4]);
        double[] start = model.InitialParameters(8);

        double[] first = LocalSgd.Run(model, table, start, settings, new PhiloxStream(5, 1));
        double[] same = LocalSgd.Run(model, table, start, settings, new PhiloxStream(5, 1));
        double[] other = LocalSgd.Run(model, table, start, settings, new PhiloxStream(5, 2));

        Assert.Equal(first, same);
        Assert.NotEqual(first, other);
        Assert.NotEqual(first, start);
    }

    [Fact]
    public void A_site_without_rows_returns_what_it_was_given()
    {
        double[] end = LocalSgd.Run(
            new LogisticModel(1), new Table(1, [], []), [3, 4], OneByOne, new PhiloxStream(1, 1));

        Assert.Equal([3, 4], end);
    }

    [Fact]
    public void A_perceptron_learns_what_no_line_can_separate()
    {
        // Exclusive or, four points.
        Table table = new(2, [0, 0, 0, 1, 1, 0, 1, 1], [0, 1, 1, 0]);
        MultilayerPerceptron model = new(2, [8], Layers.Activation.Tanh);
        SgdSettings settings = new(LearningRate: 0.3, BatchSize: 4, Steps: 3000, L2: 0, ProximalMu: 0);

        double[] end = LocalSgd.Run(model, table, model.InitialParameters(1), settings, new PhiloxStream(1, 1));
        double[] p = model.Probabilities(end, table);

        Assert.All(p.Zip(table.Labels.ToArray()), pair => Assert.Equal(pair.Second, pair.First, 0.1));
    }
}
