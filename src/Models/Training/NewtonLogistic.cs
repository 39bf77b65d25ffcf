using DigitalTwin.Models.Layers;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Training;

/// <summary>One Newton step of ridge logistic regression.</summary>
/// <param name="Parameters">Where the step leads: the weights, then the intercept.</param>
/// <param name="StepNorm">Euclidean length of the step, after the intercept was held inside its limit.</param>
/// <param name="Objective">Σ log-loss + ½ λ‖w‖² at the parameters that the step started from.</param>
/// <param name="InterceptAtLimit">The intercept was stopped at its limit: no finite optimum, as with one class.</param>
public sealed record NewtonStep(double[] Parameters, double StepNorm, double Objective, bool InterceptAtLimit);

/// <summary>
/// Newton's method for ridge logistic regression, split into what a site sums and what the sum decides.
/// </summary>
/// <remarks>
/// The objective is Σ log-loss + ½ λ‖w‖² with an unpenalised intercept. Gradient Σ(p − y)x and Hessian Σ p(1 − p) x xᵀ,
/// x extended by a 1, are sums over patients, so the federated step is the pooled step: Wu et al., "Grid Binary
/// LOgistic REgression (GLORE)", JAMIA 19(5), 2012.
/// </remarks>
public static class NewtonLogistic
{
    /// <summary>
    /// Largest size of the intercept. With one class the likelihood has its optimum at infinity; at ±30 every
    /// probability is already within 1e-13 of 0 or 1, and sums of p(1 − p) have not yet vanished.
    /// </summary>
    public const double InterceptLimit = 30;

    private const int RowsAt = 0;
    private const int LossAt = 1;
    private const int GradientAt = 2;

    /// <summary>2 + p + p (p + 1) / 2 with p = columns + 1.</summary>
    public static int StatisticLength(int columns)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        int parameters = columns + 1;
        return GradientAt + parameters + (parameters * (parameters + 1) / 2);
    }

    /// <summary>[n, Σ log-loss, gradient (p), upper triangle of the Hessian row by row], without the penalty.</summary>
    /// <param name="standardised">The rows of one site.</param>
    /// <param name="parameters">The weights, then the intercept.</param>
    public static double[] LocalStatistic(Table standardised, ReadOnlySpan<double> parameters)
    {
        ArgumentNullException.ThrowIfNull(standardised);
        LogisticModel model = new(standardised.Columns);
        double[] statistic = new double[StatisticLength(model.Columns)];
        Span<double> gradient = statistic.AsSpan(GradientAt, model.ParameterCount);
        Span<double> hessian = statistic.AsSpan(GradientAt + model.ParameterCount);
        double[] extended = new double[model.ParameterCount];
        extended[model.InterceptIndex] = 1;

        statistic[RowsAt] = standardised.Rows;
        for (int row = 0; row < standardised.Rows; row++)
        {
            standardised.Row(row).CopyTo(extended);
            double label = standardised.Label(row);
            double margin = model.Margin(parameters, standardised.Row(row));
            double probability = DeterministicMath.Sigmoid(margin);
            statistic[LossAt] += LogLossLayer.Forward(margin, label);
            AddRow(extended, probability - label, probability * (1 - probability), gradient, hessian);
        }

        return statistic;
    }

    /// <summary>The step that the sum of all sites' statistics prescribes.</summary>
    /// <param name="sum">The sum of the statistics, all taken at <paramref name="parameters"/>.</param>
    /// <param name="parameters">The weights, then the intercept.</param>
    /// <param name="l2">λ of the objective, not negative.</param>
    /// <remarks>
    /// The full step. Far from the optimum it can overshoot, which shows in the objective of the next round:
    /// <see cref="NewtonIteration"/> then goes back half of the way.
    /// </remarks>
    /// <exception cref="ArgumentException">The lengths disagree, or a number is not finite.</exception>
    /// <exception cref="NotPositiveDefiniteException">The sum is corrupt: no damping helps.</exception>
    public static NewtonStep Step(ReadOnlySpan<double> sum, ReadOnlySpan<double> parameters, double l2)
    {
        int count = parameters.Length;
        RequireSum(sum, count - 1);
        ArgumentOutOfRangeException.ThrowIfNegative(l2);

        int intercept = count - 1;
        double[] descent = new double[count];
        double objective = sum[LossAt];
        for (int i = 0; i < count; i++)
        {
            double penalty = i == intercept ? 0 : l2 * parameters[i];
            descent[i] = -(sum[GradientAt + i] + penalty);
            objective += 0.5 * penalty * parameters[i];
        }

        double[] hessian = HessianOf(sum[(GradientAt + count)..], count, l2);
        double[] step = DampedCholesky.Solve(hessian, descent);
        double unlimited = parameters[intercept] + step[intercept];
        bool atLimit = Math.Abs(unlimited) >= InterceptLimit;
        if (atLimit)
        {
            step = StepWithInterceptHeld(
                hessian, descent, Math.CopySign(InterceptLimit, unlimited) - parameters[intercept]);
        }

        double[] next = new double[count];
        double squaredNorm = 0;
        for (int i = 0; i < count; i++)
        {
            next[i] = parameters[i] + step[i];
            squaredNorm += step[i] * step[i];
        }

        return new NewtonStep(next, Math.Sqrt(squaredNorm), objective, atLimit);
    }

    /// <summary>n, the number of rows behind a statistic or a sum of them.</summary>
    public static double RowsOf(ReadOnlySpan<double> sum) => sum[RowsAt];

    /// <summary>Σ log-loss without the penalty, in nats.</summary>
    public static double LossOf(ReadOnlySpan<double> sum) => sum[LossAt];

    private static void AddRow(
        ReadOnlySpan<double> row, double residual, double weight, Span<double> gradient, Span<double> hessian)
    {
        int next = 0;
        for (int i = 0; i < row.Length; i++)
        {
            gradient[i] += residual * row[i];
            double weighted = weight * row[i];
            for (int j = i; j < row.Length; j++)
            {
                hessian[next++] += weighted * row[j];
            }
        }
    }

    /// <summary>The symmetric matrix of an upper triangle, with λ on the diagonal of the weights.</summary>
    private static double[] HessianOf(ReadOnlySpan<double> upperTriangle, int count, double l2)
    {
        double[] hessian = new double[count * count];
        int next = 0;
        for (int i = 0; i < count; i++)
        {
            for (int j = i; j < count; j++)
            {
                hessian[(i * count) + j] = upperTriangle[next];
                hessian[(j * count) + i] = upperTriangle[next];
                next++;
            }

            hessian[(i * count) + i] += i == count - 1 ? 0 : l2;
        }

        return hessian;
    }

    /// <summary>
    /// The step to the minimum of the quadratic model among those that move the intercept by a given amount.
    /// </summary>
    /// <remarks>
    /// Cutting the intercept of the full step alone could lead uphill. The minimum under the limit lies on the limit,
    /// and the model is lower there than at the start, so this step leads downhill.
    /// </remarks>
    private static double[] StepWithInterceptHeld(double[] hessian, double[] descent, double interceptStep)
    {
        int count = descent.Length;
        int weights = count - 1;
        double[] hessianOfWeights = new double[weights * weights];
        double[] descentOfWeights = new double[weights];
        for (int i = 0; i < weights; i++)
        {
            hessian.AsSpan(i * count, weights).CopyTo(hessianOfWeights.AsSpan(i * weights));
            descentOfWeights[i] = descent[i] - (hessian[(i * count) + weights] * interceptStep);
        }

        return [.. DampedCholesky.Solve(hessianOfWeights, descentOfWeights), interceptStep];
    }

    private static void RequireSum(ReadOnlySpan<double> sum, int columns)
    {
        if (sum.Length != StatisticLength(columns))
        {
            throw new ArgumentException($"Expected {StatisticLength(columns)} entries, got {sum.Length}.", nameof(sum));
        }

        for (int i = 0; i < sum.Length; i++)
        {
            if (!double.IsFinite(sum[i]))
            {
                throw new ArgumentException($"Entry {i} of the sum is not a finite number.", nameof(sum));
            }
        }
    }
}
