using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.Numerics;

// Goal: the solution solves the system, and a matrix that is not positive definite is refused. Method: A = B Bᵀ + I
// from random B; the residual is measured by a product that shares no code with the solver.
public sealed class CholeskyTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(14)]
    [InlineData(40)]
    public void Solution_satisfies_the_system(int n)
    {
        PhiloxStream random = new(seed: 9, stream: (ulong)n);
        double[] b = [.. Enumerable.Range(0, n * n).Select(_ => random.NextNormal())];
        double[] x = [.. Enumerable.Range(0, n).Select(_ => random.NextNormal())];
        double[] matrix = new double[n * n];
        double[] rightHandSide = new double[n];
        for (int i = 0; i < n; i++)
        {
            for (int j = 0; j < n; j++)
            {
                matrix[(i * n) + j] = (i == j ? 1 : 0)
                    + Enumerable.Range(0, n).Sum(k => b[(i * n) + k] * b[(j * n) + k]);
                rightHandSide[i] += matrix[(i * n) + j] * x[j];
            }
        }

        double[] solution = Cholesky.Solve(matrix, rightHandSide);

        Assert.All(x.Zip(solution), pair => Assert.Equal(pair.First, pair.Second, 1e-9));
    }

    [Theory]
    [InlineData(new double[] { 0 })]
    [InlineData(new double[] { -1 })]
    [InlineData(new double[] { double.NaN })]
    [InlineData(new double[] { double.PositiveInfinity })]
    [InlineData(new double[] { 1, 2, 2, 1 })]
    [InlineData(new double[] { 1, 1, 1, 1 })]
    [InlineData(new double[] { 0.01, 0.1, 0.1, 1 })]
    public void A_matrix_that_is_not_positive_definite_is_refused(double[] matrix)
    {
        double[] rightHandSide = new double[(int)Math.Sqrt(matrix.Length)];

        Assert.Throws<NotPositiveDefiniteException>(() => Cholesky.Solve(matrix, rightHandSide));
    }

    [Fact]
    public void Inverse_and_determinant_are_those_of_a_matrix_worked_by_hand()
    {
        // det = 4 * 3 - 2 * 2 = 8.
        double[] matrix = [4, 2, 2, 3];

        Agreement.Close([0.375, -0.25, -0.25, 0.5], Cholesky.Inverse(matrix, 2), 1e-15);
        Assert.Equal(Math.Log(8), Cholesky.LogDeterminant(matrix, 2), 1e-15);
    }

    [Fact]
    public void A_matrix_of_another_size_is_refused() =>
        Assert.Throws<ArgumentException>(() => Cholesky.Solve(new double[6], new double[2]));
}
