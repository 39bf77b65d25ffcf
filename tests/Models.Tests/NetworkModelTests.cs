using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests;

// Goal: a float32 network behind parameters in doubles is the model that its layers say. Method: one dense layer must
// be the logistic model to a float's precision; a batch must be the sum of its rows; gradients of a recurrent model are
// held against differences of its loss.
public sealed class NetworkModelTests
{
    private static readonly SampleShape Steps = SampleShape.Sequence(6, 4);

    [Fact]
    public void One_dense_layer_is_the_logistic_model()
    {
        NetworkModel network = Model(SampleShape.Vector(5), new Dense { Width = 1 });
        LogisticModel logistic = new(5);
        double[] parameters = Normals(6, seed: 1);
        double[] row = Normals(5, seed: 2);
        double[] first = new double[6];
        double[] second = new double[6];

        Assert.Equal(logistic.ParameterCount, network.ParameterCount);
        Assert.Equal(logistic.Margin(parameters, row), network.Margin(parameters, row), 1e-6);
        Assert.Equal(
            logistic.LossAndGradient(parameters, row, 1, first),
            network.LossAndGradient(parameters, row, 1, second),
            1e-6);
        Assert.All(first.Zip(second), pair => Assert.Equal(pair.First, pair.Second, 1e-6));
        Assert.Equal(
            Enumerable.Range(0, 6).Select(logistic.IsPenalised), Enumerable.Range(0, 6).Select(network.IsPenalised));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(63)]
    [InlineData(64)]
    [InlineData(150)]
    public void A_batch_is_the_sum_of_its_rows(int rows)
    {
        NetworkModel model = Recurrent();
        Table table = new(
            Steps.Size,
            Normals(rows * Steps.Size, seed: 3),
            [.. Enumerable.Range(0, rows).Select(row => (double)(row % 2))]);
        double[] parameters = model.InitialParameters(seed: 4);
        double[] together = new double[model.ParameterCount];
        double[] apart = new double[model.ParameterCount];

        double loss = model.LossAndGradient(parameters, table, table.AllRows(), together);
        double sum = 0;
        foreach (int row in table.AllRows())
        {
            sum += model.LossAndGradient(parameters, table.Row(row), table.Label(row), apart);
        }

        Assert.Equal(sum, loss, 1e-4);
        Assert.Equal(sum, model.Loss(parameters, table), 1e-4);
        Assert.All(together.Zip(apart), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        Assert.Equal(
            table.AllRows().Select(row => model.Margin(parameters, table.Row(row))),
            model.Margins(parameters, table),
            (one, other) => Math.Abs(one - other) < 1e-5);
    }

    [Fact]
    public void Gradients_are_the_differences_of_the_loss()
    {
        NetworkModel model = Recurrent();
        double[] parameters = model.InitialParameters(seed: 5);
        double[] row = Normals(Steps.Size, seed: 6);
        double[] gradient = new double[model.ParameterCount];
        model.LossAndGradient(parameters, row, 0, gradient);

        // A float's loss is known to 1e-7, so a difference over 2 · 1e-2 to 1e-5; its curvature adds 1e-4.
        const double Step = 1e-2;
        for (int i = 0; i < parameters.Length; i += 7)
        {
            double[] unused = new double[model.ParameterCount];
            double[] moved = [.. parameters];
            moved[i] = parameters[i] + Step;
            double above = model.LossAndGradient(moved, row, 0, unused);
            moved[i] = parameters[i] - Step;
            double below = model.LossAndGradient(moved, row, 0, unused);
            Assert.Equal((above - below) / (2 * Step), gradient[i], 3e-4);
        }
    }

    [Fact]
    public void Gradients_are_added_and_equal_calls_give_equal_bits()
    {
        NetworkModel model = Recurrent();
        double[] parameters = model.InitialParameters(seed: 7);
        double[] row = Normals(Steps.Size, seed: 8);
        double[] once = new double[model.ParameterCount];
        double[] twice = new double[model.ParameterCount];

        model.LossAndGradient(parameters, row, 1, once);
        model.LossAndGradient(parameters, row, 1, twice);
        Assert.Equal(once, twice);
        model.LossAndGradient(parameters, row, 1, twice);

        Assert.Equal(once.Select(value => value + value), twice);
    }

    [Fact]
    public void Two_threads_may_ask_one_model()
    {
        NetworkModel model = Recurrent();
        double[] parameters = model.InitialParameters(seed: 9);
        double[][] rows = [.. Enumerable.Range(0, 40).Select(i => Normals(Steps.Size, seed: 100 + (ulong)i))];
        double[] expected = [.. rows.Select(row => model.Margin(parameters, row))];
        double[] margins = new double[rows.Length];

        Parallel.For(0, rows.Length, i => margins[i] = model.Margin(parameters, rows[i]));

        Assert.Equal(expected, margins);
    }

    [Fact]
    public void Weights_are_penalised_and_biases_are_not()
    {
        NetworkModel model = Recurrent();
        int penalised = Enumerable.Range(0, model.ParameterCount).Count(model.IsPenalised);

        // Weights 3 · 5 · (4 + 5) of the unit and 5 of the last layer.
        Assert.Equal(140, penalised);
    }

    [Fact]
    public void A_row_or_a_table_of_another_length_is_refused()
    {
        NetworkModel model = Recurrent();
        double[] parameters = model.InitialParameters(seed: 1);

        Assert.Throws<ArgumentException>(() => model.Margin(parameters, new double[23]));
        Assert.Throws<ArgumentException>(() => model.Margins(parameters, new Table(23, new double[23], [1])));
        Assert.Throws<ArgumentException>(() => model.Margin(parameters.AsSpan(1), new double[24]));
    }

    [Fact]
    public void Layers_that_do_not_end_in_one_number_are_refused() => Assert.Throws<ArgumentException>(
        () => Model(Steps, new Gru { Hidden = 5 }));

    [Fact]
    public void Another_loss_than_that_of_one_task_is_refused() => Assert.Throws<ArgumentException>(
        () => new NetworkModel(new NetworkDescription
        {
            Input = Steps,
            Layers = [new Gru { Hidden = 1 }],
            Loss = new SquaredLoss(1),
        }));

    private static NetworkModel Recurrent() => Model(Steps, new Gru { Hidden = 5 }, new Dense { Width = 1 });

    private static NetworkModel Model(SampleShape input, params LayerDescription[] layers) =>
        new(new NetworkDescription { Input = input, Layers = layers, Loss = new BinaryLoss(Tasks: 1) });

    private static double[] Normals(int count, ulong seed)
    {
        PhiloxStream random = new(seed, stream: 0);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextNormal())];
    }
}
