using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.Networks.Losses;

// Goal: every gradient is the derivative of its loss, and the losses have the values of their formulas. Method: central
// differences at random outputs; small cases worked out by hand.
public sealed class LossTests
{
    private const double Step = 1e-5;

    public static TheoryData<string> Names => [.. Cases.Keys];

    // Time, event and stratum; before the cases, which hold it.
    private static float[] Stratified { get; } =
        [3, 1, 0, 1, 1, 1, 3, 0, 0, 3, 1, 1, 2, 0, 1, 1, 1, 0, 3, 1, 0, 1, 1, 1];

    private static Dictionary<string, (Loss Loss, float[] Targets)> Cases { get; } = new()
    {
        ["squared"] = (new SquaredLoss(2), [1, -1, 0.5f, 2]),
        ["binary"] = (new BinaryLoss(3), [1, 0, 1, 0, float.NaN, 1]),
        ["softmax"] = (new SoftmaxLoss(4), [2, 0, 3]),
        ["poisson"] = (new PoissonLoss(), [0, 3, 7]),
        ["quantile"] = (new QuantileLoss(0.1, 0.5, 0.9), [0.3f, -2]),
        ["ordinal"] = (new OrdinalLoss(4), [0, 1, 2, 3]),
        ["ordinal of two"] = (new OrdinalLoss(2), [0, 1]),
        ["hazard"] = (new HazardLoss(3), [0, 1, 2, 1, 1, 0, 3, 0]),
        ["cox breslow"] = (new CoxLoss(CoxTies.Breslow), [3, 1, 1, 1, 3, 0, 3, 1, 2, 0, 1, 1, 3, 1]),
        ["cox efron"] = (new CoxLoss(CoxTies.Efron), [3, 1, 1, 1, 3, 0, 3, 1, 2, 0, 1, 1, 3, 1]),
        ["cox breslow stratified"] = (new CoxLoss(CoxTies.Breslow) { IsStratified = true }, Stratified),
        ["cox efron stratified"] = (new CoxLoss(CoxTies.Efron) { IsStratified = true }, Stratified),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void Gradient_agrees_with_central_differences(string name)
    {
        (Loss loss, float[] targets) = Cases[name];
        int rows = targets.Length / loss.TargetSize;
        PhiloxStream random = new(seed: 4, stream: 0);
        double[] outputs = [.. Enumerable.Range(0, rows * loss.OutputSize).Select(_ => random.NextNormal())];
        double[] gradient = new double[outputs.Length];

        loss.LossAndGradient(rows, outputs, targets, gradient);

        for (int i = 0; i < outputs.Length; i++)
        {
            double difference = (LossAt(i, +Step) - LossAt(i, -Step)) / (2 * Step);
            Assert.Equal(difference, gradient[i], 1e-8 * Math.Max(1, Math.Abs(difference)));
        }

        double LossAt(int output, double shift)
        {
            double[] shifted = [.. outputs];
            shifted[output] += shift;
            return loss.LossAndGradient(rows, shifted, targets, new double[outputs.Length]);
        }
    }

    [Fact]
    public void Ordinal_probabilities_of_all_grades_sum_to_one()
    {
        double[] outputs = [0.3, -0.7, 0.2, -1.5];
        double sum = Enumerable.Range(0, 4)
            .Sum(grade => Math.Exp(-new OrdinalLoss(4).LossAndGradient(1, outputs, [grade], new double[4])));

        Assert.Equal(1, sum, 1e-12);
    }

    // By hand: times 1, 2, 2, 3 with events at 1, 2 and 2 and equal hazards. Breslow: ln 4 + 2 ln 3; Efron takes half
    // of the two tied ones off the second denominator: ln 4 + ln 3 + ln 2.
    [Theory]
    [InlineData(CoxTies.Breslow, 36)]
    [InlineData(CoxTies.Efron, 24)]
    public void Ties_share_the_risk_set_as_their_authors_say(CoxTies ties, double denominators)
    {
        double loss = new CoxLoss(ties).LossAndGradient(
            4, [0.0, 0.0, 0.0, 0.0], [1, 1, 2, 1, 2, 1, 3, 0], new double[4]);

        Assert.Equal(Math.Log(denominators), loss, 1e-12);
    }

    [Theory]
    [InlineData(CoxTies.Breslow)]
    [InlineData(CoxTies.Efron)]
    public void A_stratified_cox_loss_is_the_sum_over_its_strata(CoxTies ties)
    {
        CoxLoss plain = new(ties);
        double[] outputs = [0.3, -1.2, 0.7, 2.1, -0.4, 0.1, 0.9, -2];
        double[] gradient = new double[8];
        double loss = (plain with { IsStratified = true }).LossAndGradient(8, outputs, Stratified, gradient);

        double sum = 0;
        for (int stratum = 0; stratum < 2; stratum++)
        {
            int[] rows = [.. Enumerable.Range(0, 8).Where(row => Stratified[(3 * row) + 2] == stratum)];
            double[] ofStratum = new double[rows.Length];
            sum += plain.LossAndGradient(
                rows.Length,
                [.. rows.Select(row => outputs[row])],
                [.. rows.SelectMany(row => (float[])[Stratified[3 * row], Stratified[(3 * row) + 1]])],
                ofStratum);
            Assert.All(rows.Zip(ofStratum), pair => Assert.Equal(pair.Second, gradient[pair.First], 1e-14));
        }

        Assert.Equal(sum, loss, 1e-13);
    }

    [Fact]
    public void Large_outputs_stay_finite()
    {
        double[] gradient = new double[2];

        Assert.Equal(2000, new SoftmaxLoss(2).LossAndGradient(1, [1000, -1000], [1], gradient), 1e-9);
        Assert.Equal(1000, new BinaryLoss(1).LossAndGradient(1, [-1000], [1], gradient.AsSpan(0, 1)), 1e-9);
        Assert.All(gradient, slope => Assert.InRange(slope, -1, 1));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(3)]
    [InlineData(0.5)]
    [InlineData(double.NaN)]
    public void A_class_that_does_not_exist_is_refused(double target) => Assert.Throws<ArgumentException>(
        () => new SoftmaxLoss(3).LossAndGradient(1, new double[3], [(float)target], new double[3]));

    [Fact]
    public void Wrong_lengths_levels_and_times_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new SquaredLoss(2).LossAndGradient(1, [1], [1, 1], new double[1]));
        Assert.Throws<ArgumentException>(() => new SquaredLoss(2).LossAndGradient(1, [1, 1], [1], new double[2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new QuantileLoss(1.0));
        Assert.Throws<ArgumentException>(
            () => new CoxLoss(CoxTies.Efron).LossAndGradient(1, [1], [float.NaN, 1], new double[1]));
        Assert.Throws<ArgumentException>(
            () => new CoxLoss(CoxTies.Efron).LossAndGradient(1, [1], [1, 2], new double[1]));
        Assert.Throws<ArgumentException>(() => new CoxLoss(CoxTies.Efron) { IsStratified = true }.LossAndGradient(
            1, [1], [1, 1, float.NaN], new double[1]));
    }
}
