namespace DigitalTwin.Models.Training;

/// <summary>Full-batch gradient rounds.</summary>
/// <param name="LearningRate">η, applied to the mean gradient.</param>
/// <param name="L2">λ of the objective Σ log-loss + ½ λ‖w‖², intercept and biases unpenalised.</param>
/// <param name="Momentum">β of the heavy ball, in [0, 1); 0 is plain descent.</param>
public sealed record GradientDescentSettings(double LearningRate, double L2, double Momentum);

/// <summary>Gradient descent on the sum of all patients' gradients: one round, one step.</summary>
public static class GradientDescent
{
    /// <summary>2 + p: the rows, the losses and the gradient.</summary>
    public static int StatisticLength(DifferentiableModel model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return 2 + model.ParameterCount;
    }

    /// <summary>
    /// [n, Σ log-loss, Σ gradient (p)] of one site, not clipped: for studies without differential privacy.
    /// </summary>
    public static double[] LocalStatistic(DifferentiableModel model, Table table, ReadOnlySpan<double> parameters)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(table);
        double[] statistic = new double[StatisticLength(model)];
        statistic[0] = table.Rows;
        statistic[1] = model.LossAndGradient(parameters, table, table.AllRows(), statistic.AsSpan(2));
        return statistic;
    }

    /// <summary>Σ over rows of g · min(1, C / ‖g‖): no row moves the sum by more than C in Euclidean length.</summary>
    /// <remarks>
    /// Abadi et al., CCS 2016, algorithm 1. The bound holds per row, so a patient must be one row. The scale is lowered
    /// by some roundings, so that the bound also holds for the numbers as they are stored. A gradient whose length is
    /// not a finite number adds nothing: one extreme row must not undo the sum, and zero keeps the bound.
    /// </remarks>
    /// <param name="model">What is trained.</param>
    /// <param name="table">One row per patient.</param>
    /// <param name="parameters">Where the gradients are taken.</param>
    /// <param name="clip">C, positive.</param>
    public static double[] ClippedGradientSum(
        DifferentiableModel model, Table table, ReadOnlySpan<double> parameters, double clip)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(clip);
        double[] sum = new double[model.ParameterCount];
        double[] gradient = new double[model.ParameterCount];
        for (int row = 0; row < table.Rows; row++)
        {
            Array.Clear(gradient);
            model.LossAndGradient(parameters, table.Row(row), table.Label(row), gradient);
            double scale = ClipScale(gradient, clip);
            if (scale == 0)
            {
                continue;
            }

            for (int i = 0; i < sum.Length; i++)
            {
                sum[i] += scale * gradient[i];
            }
        }

        return sum;
    }

    /// <summary>The next parameters: v ← β v + (Σ gradient + λ w) / rows, then w ← w − η v.</summary>
    /// <param name="model">Says which parameters are penalised.</param>
    /// <param name="parameters">Where the gradients were taken.</param>
    /// <param name="gradientSum">Over all patients of all sites, noise included where there is any.</param>
    /// <param name="rows">The number of patients, or a public estimate of it where the number is private.</param>
    /// <param name="settings">η, λ, β.</param>
    /// <param name="velocity">v, as long as the parameters, zero before the first step; updated in place.</param>
    public static double[] Step(
        DifferentiableModel model,
        ReadOnlySpan<double> parameters,
        ReadOnlySpan<double> gradientSum,
        double rows,
        GradientDescentSettings settings,
        Span<double> velocity)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(rows);
        int count = model.ParameterCount;
        if (parameters.Length != count || gradientSum.Length != count || velocity.Length != count)
        {
            throw new ArgumentException(
                $"Expected {count} parameters, gradients and velocities, "
                + $"got {parameters.Length}, {gradientSum.Length} and {velocity.Length}.");
        }

        double[] next = parameters.ToArray();
        for (int i = 0; i < next.Length; i++)
        {
            double penalty = model.IsPenalised(i) ? settings.L2 * parameters[i] : 0;
            velocity[i] = (settings.Momentum * velocity[i]) + ((gradientSum[i] + penalty) / rows);
            next[i] -= settings.LearningRate * velocity[i];
        }

        return next;
    }

    // A sum of p squares, its root and the scaled entries together are off by less than (p + 4) spacings of a double.
    private static double ClipScale(ReadOnlySpan<double> gradient, double clip)
    {
        const double UnitSpacing = 1.0 / (1L << 52);
        double safeClip = clip * (1 - ((gradient.Length + 4) * UnitSpacing));
        double square = 0;
        foreach (double entry in gradient)
        {
            square += entry * entry;
        }

        double norm = Math.Sqrt(square);
        if (!double.IsFinite(norm))
        {
            return 0;
        }

        return norm <= safeClip ? 1 : safeClip / norm;
    }
}
