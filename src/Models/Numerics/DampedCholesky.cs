namespace DigitalTwin.Models.Numerics;

/// <summary>Solves the equations of a Newton step also where rounding has flattened the Hessian.</summary>
/// <remarks>
/// Adding to the diagonal shortens the step and leaves the optimum where it is, for there the gradient is zero
/// (Levenberg 1944). A Hessian that is positive definite as it stands is solved as it stands.
/// </remarks>
internal static class DampedCholesky
{
    // The damping starts at this share of the mean diagonal and grows.
    private const double FirstDamping = 1e-12;
    private const double DampingGrowth = 100;
    private const int DampingAttempts = 7;

    /// <summary>The step; <paramref name="hessian"/>, n × n, keeps the damping that was needed.</summary>
    /// <exception cref="NotPositiveDefiniteException">No damping up to the mean diagonal helps.</exception>
    public static double[] Solve(double[] hessian, double[] descent)
    {
        int count = descent.Length;
        double meanDiagonal = 0;
        for (int i = 0; i < count; i++)
        {
            meanDiagonal += Math.Abs(hessian[(i * count) + i]) / count;
        }

        double damping = 0;
        for (int attempt = 0; ; attempt++)
        {
            try
            {
                return Cholesky.Solve(hessian, descent);
            }
            catch (NotPositiveDefiniteException) when (attempt < DampingAttempts)
            {
                double next = damping == 0 ? FirstDamping * meanDiagonal : damping * DampingGrowth;
                for (int i = 0; i < count; i++)
                {
                    hessian[(i * count) + i] += next - damping;
                }

                damping = next;
            }
        }
    }
}
