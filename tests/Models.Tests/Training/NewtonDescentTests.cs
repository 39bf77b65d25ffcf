using DigitalTwin.Models.GeneralisedLinear;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Training;

namespace DigitalTwin.Models.Tests.Training;

// Goal: steps are Newton's, overshoots are halved, corrupt sums are refused. Method: parabolas and made-up sums of one
// and two parameters; logistic regression fitted by both Newton iterations.
public sealed class NewtonDescentTests
{
    [Fact]
    public void A_parabola_is_solved_in_one_step_and_confirmed_by_the_second()
    {
        // 3/2 (x - 2)^2 + (y + 1)^2 with λ = 1 on y: minimum at x = 2, y = -2/3.
        NewtonDescent descent = new([0, 0], ridge: [0, 1]);
        descent.Advance(7, [-6, 2], [3, 0, 2]);
        Agreement.Close([2, -2.0 / 3], descent.Parameters, 1e-15);
        Assert.False(descent.Finished);

        descent.Advance(1.0 / 9, [0, 2.0 / 3], [3, 0, 2]);

        Assert.True(descent.Converged);
        Assert.Equal((1.0 / 9) + (2.0 / 9), descent.Objective, 1e-15);
        Agreement.Close([1.0 / 3, 0, 0, 1.0 / 3], descent.Covariance(), 1e-15);
        Agreement.Close([Math.Sqrt(1.0 / 3), Math.Sqrt(1.0 / 3)], descent.StandardErrors(), 1e-15);
        Assert.Throws<InvalidOperationException>(() => descent.Advance(1, [0, 0], [1, 0, 1]));
    }

    [Theory]
    [InlineData(9)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NaN)]
    public void A_rise_is_halved_until_the_loss_falls(double risen)
    {
        NewtonDescent descent = new([0], [0]);
        descent.Advance(7, [-4], [1]);
        Assert.Equal([4], descent.Parameters.ToArray());

        descent.Advance(risen, [5], [1]);
        Assert.Equal([2], descent.Parameters.ToArray());

        descent.Advance(6, [0.5], [1]);
        Assert.Equal([1.5], descent.Parameters.ToArray());
        Assert.Equal(3, descent.Rounds);
    }

    [Fact]
    public void Where_no_step_helps_it_ends_at_the_best_point_not_converged()
    {
        NewtonDescent descent = new([0], [0], tolerance: 1e-3);
        descent.Advance(7, [-4], [1]);
        while (!descent.Finished)
        {
            descent.Advance(9, [5], [1]);
        }

        Assert.Equal([0], descent.Parameters.ToArray());
        Assert.False(descent.Converged);
    }

    [Fact]
    public void A_flat_hessian_is_damped_and_an_indefinite_one_refused()
    {
        NewtonDescent flat = new([0, 0], [0, 0]);
        flat.Advance(1, [-1, -1], [1, 1, 1]);
        NewtonDescent indefinite = new([0, 0], [0, 0]);

        // The flat direction has no slope, so the damped step is the shortest solution.
        Agreement.Close([0.5, 0.5], flat.Parameters, 1e-3);
        Assert.Throws<NotPositiveDefiniteException>(flat.Covariance);
        Assert.Throws<NotPositiveDefiniteException>(() => indefinite.Advance(1, [1, 1], [-9, 0, -9]));
    }

    [Fact]
    public void Lengths_and_numbers_that_do_not_fit_are_refused()
    {
        Assert.Throws<ArgumentException>(() => new NewtonDescent([0, 0], [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new NewtonDescent([0], [-1]));
        Assert.Throws<ArgumentException>(() => new NewtonDescent([0], [0]).Advance(1, [1, 2], [1]));
        Assert.Throws<ArgumentException>(() => new NewtonDescent([0], [0]).Advance(1, [1], [double.NaN]));
        Assert.Throws<InvalidOperationException>(() => new NewtonDescent([0], [0]).Covariance());
    }

    [Fact]
    public void Logistic_regression_has_the_same_optimum_by_both_iterations()
    {
        PhiloxStream random = new(19, 0);
        double[] features = [.. Enumerable.Range(0, 300).Select(_ => random.NextNormal())];
        double[] labels = [.. Enumerable.Range(0, 100).Select(
            row => random.NextUnit() < DeterministicMath.Sigmoid(features[3 * row]) ? 1.0 : 0.0)];
        Table table = new(3, features, labels);

        GlmResult glm = GlmFit.Run(new GeneralisedLinearModel(GlmFamily.Logistic, 3), table, l2: 0.7);

        Agreement.Close(LogisticFit.Fit(table, l2: 0.7), glm.Parameters, 1e-9);
    }
}
