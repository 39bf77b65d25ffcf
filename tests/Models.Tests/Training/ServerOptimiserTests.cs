using DigitalTwin.Models.Training;

namespace DigitalTwin.Models.Tests.Training;

// Goal: the server steps are algorithms 1 and 2 of Reddi et al. 2021, and a restored optimiser continues bit for bit.
// Method: the recurrence written out for one coordinate; interruption after each round.
public sealed class ServerOptimiserTests
{
    public static TheoryData<string> Kinds => ["fedavg", "fedadam"];

    [Theory]
    [InlineData(1, 1.5)]
    [InlineData(0.1, 1.05)]
    public void Averaging_adds_the_mean_delta(double learningRate, double expected) =>
        Assert.Equal(expected, new FedAvgServer(learningRate).Step([1], [0.5])[0], 1e-15);

    [Fact]
    public void Adam_follows_the_recurrence_of_the_paper_without_bias_correction()
    {
        const double Tau = 1e-2;
        FedAdamServer server = new(learningRate: 0.1, beta1: 0.9, beta2: 0.99, Tau);
        double x = 1;
        double m = 0;
        double v = Tau * Tau;
        foreach (double delta in new[] { 0.5, -0.25, 0 })
        {
            m = (0.9 * m) + (0.1 * delta);
            v = (0.99 * v) + (0.01 * delta * delta);
            double expected = x + (0.1 * m / (Math.Sqrt(v) + Tau));

            x = server.Step([x], [delta])[0];

            Assert.Equal(expected, x, 1e-14);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_restored_optimiser_continues_bit_for_bit(string kind)
    {
        ServerOptimiser whole = New(kind);
        double[] x = [1, -2];
        double[] y = [1, -2];
        double[] state = [];
        for (int round = 1; round <= 4; round++)
        {
            double[] delta = [0.1 * round, -0.3 / round];
            ServerOptimiser resumed = New(kind);
            resumed.Restore(state);

            x = whole.Step(x, delta);
            y = resumed.Step(y, delta);
            state = resumed.State;

            Assert.Equal(x, y);
            Assert.Equal(whole.State, state);
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_delta_of_another_length_is_refused(string kind) =>
        Assert.Throws<ArgumentException>(() => New(kind).Step([1, 2], [1]));

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_state_that_cannot_be_its_own_is_refused(string kind) =>
        Assert.Throws<ArgumentException>(() => New(kind).Restore([1, 2, 3]));

    private static ServerOptimiser New(string kind) =>
        kind == "fedavg" ? new FedAvgServer() : new FedAdamServer(learningRate: 0.01, tau: 1e-8);
}
