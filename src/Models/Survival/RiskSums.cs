using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Survival;

/// <summary>How events at the same time share their risk set.</summary>
public enum CoxTies
{
    /// <summary>Each tied event leaves the share of the others: Efron, JASA 72, 1977. R's default.</summary>
    Efron,

    /// <summary>All tied events see the whole risk set: Breslow, Biometrics 30, 1974.</summary>
    Breslow,
}

/// <summary>
/// [S0, S1 (p), upper triangle of S2] = Σ w [1, x, x xᵀ] with w = e^(β·x), over a risk set or the events in it.
/// </summary>
internal static class RiskSums
{
    public static int Length(int columns) => 1 + columns + PackedSymmetric.Length(columns);

    /// <summary>Adds a row; a negative weight takes it out again.</summary>
    public static void AddRow(Span<double> sums, double weight, ReadOnlySpan<double> x)
    {
        sums[0] += weight;
        for (int i = 0; i < x.Length; i++)
        {
            sums[1 + i] += weight * x[i];
        }

        PackedSymmetric.AddOuterProduct(sums[(1 + x.Length)..], weight, x);
    }

    /// <summary>
    /// Adds what the denominators of tied events give to the loss −ln L, its gradient and its Hessian.
    /// </summary>
    /// <remarks>
    /// Efron: −ln L gets Σ_l ln(S0 − φ D0) with φ = l / d for the l-th of d events, D the sums over the events
    /// themselves; Breslow has φ = 0. The gradient of a term is its mean of x, the Hessian its covariance: Therneau and
    /// Grambsch, Modeling Survival Data, 2000, section 3.3.
    /// </remarks>
    /// <param name="loss">−ln L, gradient (p), upper triangle of the Hessian.</param>
    /// <param name="events">d; a whole number, up to the rounding of an encoded sum.</param>
    /// <param name="atRisk">Sums over the risk set.</param>
    /// <param name="tied">Sums over the events; not read for Breslow.</param>
    /// <param name="ties">The rule.</param>
    public static void AddDenominators(
        Span<double> loss, int events, ReadOnlySpan<double> atRisk, ReadOnlySpan<double> tied, CoxTies ties)
    {
        int columns = ColumnsOf(loss);
        double[] left = atRisk.ToArray();
        double[] mean = new double[columns];
        for (int l = 0; l < events; l++)
        {
            if (l > 0 && ties == CoxTies.Efron)
            {
                double share = (double)l / events;
                for (int i = 0; i < left.Length; i++)
                {
                    left[i] = atRisk[i] - (share * tied[i]);
                }
            }

            loss[0] += DeterministicMath.Log(left[0]);
            for (int i = 0; i < columns; i++)
            {
                mean[i] = left[1 + i] / left[0];
                loss[1 + i] += mean[i];
            }

            int next = 1 + columns;
            for (int i = 0; i < columns; i++)
            {
                for (int j = i; j < columns; j++, next++)
                {
                    loss[next] += (left[next] / left[0]) - (mean[i] * mean[j]);
                }
            }
        }
    }

    private static int ColumnsOf(ReadOnlySpan<double> loss)
    {
        int columns = 0;
        while (Length(columns) < loss.Length)
        {
            columns++;
        }

        return columns;
    }
}
