using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Training;

/// <summary>Minibatch stochastic gradient descent at one site.</summary>
/// <remarks>
/// Batches are cut from a fresh shuffle of all rows, and a new shuffle begins when it is used up; the last batch of a
/// shuffle may be smaller. This is PyTorch's DataLoader(shuffle=True, drop_last=False), with which the published
/// results on the four heart-disease hospitals were made.
/// </remarks>
public static class LocalSgd
{
    /// <summary>
    /// The parameters after the steps; a copy of <paramref name="start"/> where the table has no rows.
    /// </summary>
    /// <param name="model">What is trained.</param>
    /// <param name="table">The site's rows.</param>
    /// <param name="start">The parameters that the round began with.</param>
    /// <param name="settings">Step size, batches, penalties.</param>
    /// <param name="random">Decides the order of the rows, and nothing else.</param>
    public static double[] Run(
        DifferentiableModel model,
        Table table,
        ReadOnlySpan<double> start,
        SgdSettings settings,
        PhiloxStream random)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(random);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(settings.BatchSize);

        double[] parameters = start.ToArray();
        double[] gradient = new double[parameters.Length];
        int[] order = table.AllRows();
        int next = order.Length;
        for (int step = 0; step < settings.Steps && order.Length > 0; step++)
        {
            if (next == order.Length)
            {
                random.Shuffle(order);
                next = 0;
            }

            int batchSize = Math.Min(settings.BatchSize, order.Length - next);
            MeanGradient(model, table, parameters, order.AsSpan(next, batchSize), gradient);
            next += batchSize;

            for (int i = 0; i < parameters.Length; i++)
            {
                double penalty = model.IsPenalised(i) ? settings.L2 * parameters[i] : 0;
                double pull = settings.ProximalMu * (parameters[i] - start[i]);
                parameters[i] -= settings.LearningRate * (gradient[i] + penalty + pull);
            }
        }

        return parameters;
    }

    private static void MeanGradient(
        DifferentiableModel model, Table table, double[] parameters, ReadOnlySpan<int> rows, Span<double> gradient)
    {
        gradient.Clear();
        model.LossAndGradient(parameters, table, rows, gradient);
        foreach (ref double entry in gradient)
        {
            entry /= rows.Length;
        }
    }
}
