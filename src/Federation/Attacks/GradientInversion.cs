using DigitalTwin.Models;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Federation.Attacks;

/// <summary>What makes a guessed gradient like the observed one.</summary>
public enum GradientLikeness
{
    /// <summary>Their squared distance: Zhu, Liu and Han, "Deep Leakage from Gradients", NeurIPS 2019.</summary>
    Distance,

    /// <summary>
    /// Their angle, which clipping leaves alone: Geiping et al., "Inverting Gradients", NeurIPS 2020, without their
    /// prior for pictures.
    /// </summary>
    Angle,
}

/// <summary>How long the search goes on.</summary>
/// <param name="Starts">Random starts, of which the best end is taken.</param>
/// <param name="Iterations">Steps of each, at most.</param>
/// <param name="Seed">Of the starts.</param>
public readonly record struct InversionEffort(int Starts, int Iterations, ulong Seed);

/// <summary>Rows of patients, read back from the gradient that they make.</summary>
/// <remarks>
/// The attacker is a strong one: it knows the model, its parameters, how many rows there are and their labels. Features
/// are taken as standardised, as they are wherever a study computes gradients.
/// </remarks>
public static class GradientInversion
{
    // A central difference errs by its square; below, the digits of the gradient run out.
    private const double Difference = 1e-5;

    // Levenberg's damping where a search begins, and how it shrinks and grows; Marquardt 1963 has ten for both.
    private const double FirstDamping = 1e-2;
    private const double DampingStep = 10;
    private const double MostDamping = 1e12;
    private const double LeastDamping = 1e-15;

    /// <summary>The row of a batch of one, from the layer that reads it: x = ∂L/∂W_u / ∂L/∂b_u for any unit
    /// u.</summary>
    /// <remarks>
    /// Exact without noise, whatever comes after the layer, and whether the gradient was clipped or not: Phong et al.,
    /// "Privacy-Preserving Deep Learning via Additively Homomorphic Encryption", IEEE TIFS 13, 2018, section 3.
    /// </remarks>
    /// <param name="gradient">Begins with the layer's weights, unit by unit, then its biases.</param>
    /// <param name="columns">Features of a row.</param>
    /// <param name="units">Units of the layer; 1 for a logistic model.</param>
    /// <returns>The row; null where no unit reacted to it, as dead ReLUs do not.</returns>
    public static double[]? FirstLayer(ReadOnlySpan<double> gradient, int columns, int units)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(columns);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(units);
        if (gradient.Length < units * (columns + 1))
        {
            throw new ArgumentException(
                $"{units} units of {columns} columns have {units * (columns + 1)} parameters, got {gradient.Length}.",
                nameof(gradient));
        }

        ReadOnlySpan<double> biases = gradient.Slice(units * columns, units);
        int strongest = 0;
        for (int unit = 1; unit < units; unit++)
        {
            strongest = Math.Abs(biases[unit]) > Math.Abs(biases[strongest]) ? unit : strongest;
        }

        if (biases[strongest] == 0)
        {
            return null;
        }

        double[] row = gradient.Slice(strongest * columns, columns).ToArray();
        foreach (ref double feature in row.AsSpan())
        {
            feature /= biases[strongest];
        }

        return row;
    }

    /// <summary>The label of a batch of one, from the sign of the last bias: ∂L/∂b = p − y.</summary>
    /// <remarks>Zhao, Mopuri and Bilen, "iDLG", 2020, for one output.</remarks>
    /// <param name="gradient">Ends with the bias of the output.</param>
    public static double Label(ReadOnlySpan<double> gradient) => gradient[^1] < 0 ? 1 : 0;

    /// <summary>Rows whose gradients add up to something most like <paramref name="observed"/>.</summary>
    /// <remarks>
    /// Both kinds of likeness are sums of squares (that of the angle is ‖g/‖g‖ − o/‖o‖‖², twice one minus the cosine),
    /// so the search is that of Levenberg 1944 and Marquardt 1963, on differences: for some hundred unknowns far
    /// stronger than the gradient steps of the papers.
    /// </remarks>
    /// <param name="model">The model.</param>
    /// <param name="parameters">Where the gradient was taken.</param>
    /// <param name="observed">Σ of the gradients of all rows, with whatever noise it came.</param>
    /// <param name="labels">One per row.</param>
    /// <param name="likeness">What is compared.</param>
    /// <param name="effort">How long to search.</param>
    /// <returns>The features, labels.Length × columns, row by row.</returns>
    public static double[] Match(
        DifferentiableModel model,
        ReadOnlySpan<double> parameters,
        ReadOnlySpan<double> observed,
        ReadOnlySpan<double> labels,
        GradientLikeness likeness,
        InversionEffort effort)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(effort.Starts);
        if (observed.Length != model.ParameterCount || labels.IsEmpty)
        {
            throw new ArgumentException(
                $"Expected a gradient of {model.ParameterCount} and some labels, got {observed.Length} and "
                + $"{labels.Length}.");
        }

        Search search = new(model, parameters.ToArray(), observed.ToArray(), labels.ToArray(), likeness);
        double[] best = [];
        double least = double.PositiveInfinity;
        for (int start = 0; start < effort.Starts; start++)
        {
            PhiloxStream random = new(effort.Seed, stream: (ulong)start);
            double[] rows = [.. Enumerable.Range(0, labels.Length * model.Columns).Select(_ => random.NextNormal())];
            double left = search.Improve(rows, effort.Iterations);
            if (left < least)
            {
                (best, least) = (rows, left);
            }
        }

        return best;
    }

    /// <summary>One search: the residuals are what is left between the guessed and the observed gradient.</summary>
    private sealed class Search(
        DifferentiableModel model,
        double[] parameters,
        double[] observed,
        double[] labels,
        GradientLikeness likeness)
    {
        private readonly double _observedNorm = Norm(observed);

        /// <summary>Improves <paramref name="rows"/> in place; the sum of squares that is left.</summary>
        public double Improve(double[] rows, int iterations)
        {
            double[] gradient = GradientOf(rows);
            double[] residual = ResidualOf(gradient);
            double left = Square(residual);
            double damping = FirstDamping;
            for (int i = 0; i < iterations && damping < MostDamping && left > 0; i++)
            {
                (double[] curvature, double[] descent) = NormalEquations(rows, gradient, residual);
                double scale = 0;
                for (int unknown = 0; unknown < rows.Length; unknown++)
                {
                    scale = Math.Max(scale, curvature[unknown * (rows.Length + 1)]);
                }

                for (; damping < MostDamping; damping *= DampingStep)
                {
                    double[] next = Step(rows, curvature, descent, damping * scale);
                    double[] nextGradient = GradientOf(next);
                    double[] nextResidual = ResidualOf(nextGradient);
                    double nextLeft = Square(nextResidual);
                    if (nextLeft < left)
                    {
                        next.CopyTo(rows, 0);
                        (gradient, residual, left) = (nextGradient, nextResidual, nextLeft);
                        damping = Math.Max(LeastDamping, damping / DampingStep);
                        break;
                    }
                }
            }

            return left;
        }

        private static double[] Step(double[] rows, double[] curvature, double[] descent, double damping)
        {
            double[] damped = [.. curvature];
            for (int unknown = 0; unknown < rows.Length; unknown++)
            {
                // A feature that no gradient depends on has no curvature at all.
                damped[unknown * (rows.Length + 1)] += Math.Max(damping, 1e-300);
            }

            double[] next = [.. rows];
            try
            {
                double[] step = Cholesky.Solve(damped, descent);
                for (int unknown = 0; unknown < rows.Length; unknown++)
                {
                    next[unknown] += step[unknown];
                }
            }
            catch (NotPositiveDefiniteException)
            {
                // Damped too little for its rounding errors: the rows stay, which is no improvement, and it is damped
                // more.
            }

            return next;
        }

        // JᵀJ and −Jᵀr, J the change of the residuals with each feature, by central differences.
        private (double[] Curvature, double[] Descent) NormalEquations(
            double[] rows, double[] gradient, double[] residual)
        {
            int unknowns = rows.Length;
            double[][] slopes = new double[unknowns][];
            for (int unknown = 0; unknown < unknowns; unknown++)
            {
                slopes[unknown] = SlopeOf(rows, unknown, gradient);
            }

            double[] curvature = new double[unknowns * unknowns];
            double[] descent = new double[unknowns];
            for (int i = 0; i < unknowns; i++)
            {
                descent[i] = -Dot(slopes[i], residual);
                for (int j = 0; j <= i; j++)
                {
                    double product = Dot(slopes[i], slopes[j]);
                    curvature[(i * unknowns) + j] = product;
                    curvature[(j * unknowns) + i] = product;
                }
            }

            return (curvature, descent);
        }

        private double[] SlopeOf(double[] rows, int unknown, double[] gradient)
        {
            int columns = model.Columns;
            int row = unknown / columns;
            double[] moved = rows.AsSpan(row * columns, columns).ToArray();
            double[] above = new double[gradient.Length];
            double[] below = new double[gradient.Length];
            moved[unknown % columns] = rows[unknown] + Difference;
            model.LossAndGradient(parameters, moved, labels[row], above);
            moved[unknown % columns] = rows[unknown] - Difference;
            model.LossAndGradient(parameters, moved, labels[row], below);
            for (int i = 0; i < above.Length; i++)
            {
                above[i] = (above[i] - below[i]) / (2 * Difference);
            }

            if (likeness == GradientLikeness.Angle)
            {
                // d(g/‖g‖) = (dg − ĝ (ĝ·dg)) / ‖g‖.
                double norm = Norm(gradient);
                double along = Dot(gradient, above) / (norm * norm);
                for (int i = 0; i < above.Length; i++)
                {
                    above[i] = (above[i] - (along * gradient[i])) / norm;
                }
            }

            return above;
        }

        private double[] GradientOf(double[] rows)
        {
            double[] gradient = new double[observed.Length];
            for (int row = 0; row < labels.Length; row++)
            {
                model.LossAndGradient(
                    parameters, rows.AsSpan(row * model.Columns, model.Columns), labels[row], gradient);
            }

            return gradient;
        }

        private double[] ResidualOf(double[] gradient)
        {
            double own = likeness == GradientLikeness.Angle ? 1 / Norm(gradient) : 1;
            double others = likeness == GradientLikeness.Angle ? 1 / _observedNorm : 1;
            double[] residual = new double[gradient.Length];
            for (int i = 0; i < residual.Length; i++)
            {
                residual[i] = (gradient[i] * own) - (observed[i] * others);
            }

            return residual;
        }

        private static double Square(double[] values) => Dot(values, values);

        // Never zero: a gradient that vanishes has no direction.
        private static double Norm(double[] values) => Math.Max(1e-300, Math.Sqrt(Dot(values, values)));

        private static double Dot(double[] left, double[] right)
        {
            double sum = 0;
            for (int i = 0; i < left.Length; i++)
            {
                sum += left[i] * right[i];
            }

            return sum;
        }
    }
}
