using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.MixedEffects;

/// <summary>What a measurement is expected to be.</summary>
/// <param name="parameters">Of one patient.</param>
/// <param name="row">Dose, time, and whatever else is known of the measurement.</param>
/// <param name="gradient">Receives the derivatives by the parameters.</param>
public delegate double ResponseCurve(
    ReadOnlySpan<double> parameters, ReadOnlySpan<double> row, Span<double> gradient);

/// <summary>
/// y = f(β + b, x) + e with a normal b per patient on some of the parameters: what a site sums for one step.
/// </summary>
/// <remarks>
/// <para>
/// Lindstrom and Bates, Biometrics 46(3), 1990, as in R's nlme: each patient's b is estimated by penalised least
/// squares under the current β and D, f is made linear there, and the linear mixed model of the working responses
/// w = y − f + X β + Z b gives the next β, D and σ². The working model enters by the statistic of
/// <see cref="LinearMixedModel"/>, so the sum over hospitals is the pooled step.
/// </para>
/// <para>
/// b is found anew from zero each time: a site holds no state between rounds, and the same model gives the same bits.
/// </para>
/// </remarks>
public sealed class NonlinearMixedModel
{
    private const int MostSteps = 200;
    private const double StepTolerance = 1e-11;
    private const double ShortestFraction = 1e-9;

    // Close to the mode the objective changes by less than its rounding: such a rise is no overshoot.
    private const double ObjectiveSlack = 1e-12;

    private readonly ResponseCurve _curve;
    private readonly int[] _random;

    /// <param name="curve">f.</param>
    /// <param name="parameters">The length of β.</param>
    /// <param name="random">Which parameters differ between patients, rising.</param>
    /// <param name="uncorrelated">They differ independently of each other.</param>
    public NonlinearMixedModel(
        ResponseCurve curve, int parameters, IReadOnlyList<int> random, bool uncorrelated = false)
    {
        ArgumentNullException.ThrowIfNull(curve);
        ArgumentNullException.ThrowIfNull(random);
        if (random.Any(index => index < 0 || index >= parameters) || random.Distinct().Count() != random.Count)
        {
            throw new ArgumentException($"Random parameters must be different numbers below {parameters}.");
        }

        _curve = curve;
        _random = [.. random];
        Linear = new LinearMixedModel(parameters, random.Count, uncorrelated);
    }

    /// <summary>Entries of the sum of one round.</summary>
    public int StatisticLength => Linear.StatisticLength;

    /// <summary>The shape of the working model.</summary>
    internal LinearMixedModel Linear { get; }

    /// <summary>The statistic of the working model of one site: see <see cref="LinearMixedModel"/>.</summary>
    /// <param name="table">Rows of measurements with their responses.</param>
    /// <param name="patients">Whose row it is; a patient is at one site as a whole.</param>
    /// <param name="coefficients">β.</param>
    /// <param name="theta">The variance parameters.</param>
    /// <exception cref="ArgumentException">A length disagrees, or the curve is not finite at β.</exception>
    public double[] LocalStatistic(
        Table table, int[] patients, ReadOnlySpan<double> coefficients, ReadOnlySpan<double> theta)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(patients);
        if (patients.Length != table.Rows || coefficients.Length != Linear.FixedColumns
            || theta.Length != Linear.VarianceParameters)
        {
            throw new ArgumentException(
                $"{table.Rows} rows of {patients.Length} patients, {coefficients.Length} coefficients for "
                + $"{Linear.FixedColumns}, {theta.Length} variance parameters for {Linear.VarianceParameters}.");
        }

        double[] beta = coefficients.ToArray();
        RelativeCovariance covariance = new(theta, Linear.RandomColumns);
        double[] fixedDesign = new double[table.Rows * beta.Length];
        double[] randomDesign = new double[table.Rows * _random.Length];
        double[] responses = new double[table.Rows];
        foreach (int[] rows in RowsByPatient(patients))
        {
            Patient patient = Estimate(table, rows, beta, covariance);
            for (int i = 0; i < rows.Length; i++)
            {
                ReadOnlySpan<double> gradient = patient.Gradients.AsSpan(i * beta.Length, beta.Length);
                gradient.CopyTo(fixedDesign.AsSpan(rows[i] * beta.Length));
                responses[rows[i]] = patient.Residuals[i];
                for (int j = 0; j < beta.Length; j++)
                {
                    responses[rows[i]] += gradient[j] * beta[j];
                }

                for (int k = 0; k < _random.Length; k++)
                {
                    randomDesign[(rows[i] * _random.Length) + k] = gradient[_random[k]];
                    responses[rows[i]] += gradient[_random[k]] * patient.Effects[k];
                }
            }
        }

        return Linear.LocalStatistic(
            new LongitudinalTable(
                beta.Length, _random.Length, fixedDesign, randomDesign, responses, patients),
            theta);
    }

    /// <summary>
    /// The parameters of one patient under a fitted population: the mode of β + b given the measurements. This stays at
    /// the node.
    /// </summary>
    /// <param name="measurements">Of the patient alone; without rows the population's parameters come back.</param>
    /// <param name="fit">The population.</param>
    public double[] PatientParameters(Table measurements, MixedModelResult fit)
    {
        ArgumentNullException.ThrowIfNull(measurements);
        ArgumentNullException.ThrowIfNull(fit);
        RelativeCovariance covariance = new(fit.Theta, Linear.RandomColumns);
        int[] rows = [.. Enumerable.Range(0, measurements.Rows)];
        return ParametersOf(fit.Coefficients, Estimate(measurements, rows, fit.Coefficients, covariance).Effects);
    }

    private static IEnumerable<int[]> RowsByPatient(int[] patients) =>
        Enumerable.Range(0, patients.Length).GroupBy(row => patients[row]).Select(rows => rows.ToArray());

    /// <summary>Minimises ‖y − f(β + Λu)‖² + ‖u‖² by Gauss-Newton steps with halving; b = Λ u.</summary>
    private Patient Estimate(Table table, int[] rows, double[] beta, RelativeCovariance covariance)
    {
        int q = _random.Length;
        double[] u = new double[q];
        Patient at = Evaluate(table, rows, beta, covariance, u);
        if (!double.IsFinite(at.Objective))
        {
            throw new ArgumentException("The curve is not finite at the population's parameters.", nameof(beta));
        }

        for (int step = 0; step < MostSteps; step++)
        {
            double[] direction = Direction(at, beta.Length, covariance, u);
            double length = direction.Max(Math.Abs);
            if (length <= StepTolerance)
            {
                break;
            }

            double bound = at.Objective * (1 + ObjectiveSlack);
            double fraction = 1;
            double[] moved = SmallMatrix.Sum(u, direction);
            Patient next = Evaluate(table, rows, beta, covariance, moved);
            while (!(next.Objective <= bound) && fraction > ShortestFraction)
            {
                fraction /= 2;
                moved = SmallMatrix.Sum(u, direction, fraction);
                next = Evaluate(table, rows, beta, covariance, moved);
            }

            if (!(next.Objective <= bound))
            {
                break;
            }

            (u, at) = (moved, next);
        }

        return at;
    }

    /// <summary>δ with (JᵀJ + I) δ = Jᵀr − u, J = Z Λ.</summary>
    private double[] Direction(Patient at, int parameters, RelativeCovariance covariance, double[] u)
    {
        int q = _random.Length;
        double[] normal = SmallMatrix.Identity(q);
        double[] right = [.. u.Select(entry => -entry)];
        double[] scaled = new double[q];
        for (int i = 0; i < at.Residuals.Length; i++)
        {
            for (int k = 0; k < q; k++)
            {
                scaled[k] = 0;
                for (int l = k; l < q; l++)
                {
                    scaled[k] += at.Gradients[(i * parameters) + _random[l]] * covariance.Factor[(l * q) + k];
                }
            }

            SmallMatrix.AddOuterProduct(normal, scaled, scaled);
            for (int k = 0; k < q; k++)
            {
                right[k] += scaled[k] * at.Residuals[i];
            }
        }

        return Cholesky.Solve(normal, right);
    }

    private Patient Evaluate(
        Table table, int[] rows, double[] beta, RelativeCovariance covariance, double[] u)
    {
        double[] effects = SmallMatrix.Product(covariance.Factor, u, u.Length);
        double[] parameters = ParametersOf(beta, effects);
        double[] gradients = new double[rows.Length * beta.Length];
        double[] residuals = new double[rows.Length];
        double objective = u.Sum(entry => entry * entry);
        for (int i = 0; i < rows.Length; i++)
        {
            Span<double> gradient = gradients.AsSpan(i * beta.Length, beta.Length);
            residuals[i] = table.Label(rows[i]) - _curve(parameters, table.Row(rows[i]), gradient);
            objective += residuals[i] * residuals[i];
        }

        return new Patient(effects, gradients, residuals, objective);
    }

    private double[] ParametersOf(double[] beta, double[] effects)
    {
        double[] parameters = [.. beta];
        for (int k = 0; k < _random.Length; k++)
        {
            parameters[_random[k]] += effects[k];
        }

        return parameters;
    }

    private sealed record Patient(double[] Effects, double[] Gradients, double[] Residuals, double Objective);
}
