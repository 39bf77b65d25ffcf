using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Federation.Attacks;
using DigitalTwin.Models;
using DigitalTwin.Models.Layers;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Scenarios;

/// <summary>How much of the patients can be read back from what hospitals send in a first round.</summary>
internal static class InversionScenario
{
    private const int Hidden = 32;
    private const double Clip = 1;
    private const double Delta = 1e-3;
    private const long ClipGrid = 1L << 26;
    private const int Hospitals = 4;

    private static readonly InversionEffort Effort = new(Starts: 2, Iterations: 40, Seed: 1);

    // What is seen, the patients in it, and the ε of one release; none where nothing is clipped and no noise is added.
    private static readonly (string Seen, int Patients, double? Epsilon)[] Cases =
    [
        ("the update of 1 patient", 1, null),
        ("of 4 patients of one hospital", 4, null),
        ("of 8 patients of one hospital", 8, null),
        ($"the secure sum of {Hospitals} hospitals of 1 patient", Hospitals, null),
        ($"the secure sum of {Hospitals} hospitals of 4 patients", Hospitals * 4, null),
        ("of 1 patient, ε = 8", 1, 8),
        ("of 1 patient, ε = 1", 1, 1),
        ("of 4 patients, ε = 8", 4, 8),
    ];

    public static string Run(ScenarioHospitals hospitals, int seeds)
    {
        Table pooled = hospitals.PooledTrain();
        (double[] mean, double[] deviation) = ScenarioHospitals.MomentsOf(pooled);
        Table rows = pooled.Standardise(mean, deviation);
        StringBuilder table = new();
        table.AppendLine("| Model | Seen | Guess | First layer | Distance | Angle | Patients found |");
        table.AppendLine("|---|---|---|---|---|---|---|");
        (string Name, DifferentiableModel Model, int Units)[] models =
        [
            ("logistic", new LogisticModel(rows.Columns), 1),
            ($"perceptron of {Hidden}", new MultilayerPerceptron(rows.Columns, [Hidden], Activation.Tanh), Hidden),
        ];
        foreach ((string name, DifferentiableModel model, int units) in models)
        {
            foreach ((string seen, int patients, double? epsilon) in Cases)
            {
                Outcome[] outcomes =
                [
                    .. Enumerable.Range(0, seeds).Select(seed =>
                        Attack(model, units, rows, patients, epsilon, (ulong)seed)),
                ];
                table.AppendLine(RowOf(name, seen, outcomes));
            }
        }

        return table.ToString();
    }

    private static string RowOf(string model, string seen, Outcome[] outcomes)
    {
        string Median(Func<Outcome, double?> error)
        {
            double[] errors = [.. outcomes.Select(error).OfType<double>().Order()];
            return errors.Length == 0
                ? "–"
                : errors[errors.Length / 2].ToString("0.0e+0", CultureInfo.InvariantCulture);
        }

        string found = outcomes.Average(outcome => outcome.Found).ToString("P0", CultureInfo.InvariantCulture);
        return $"| {model} | {seen} | {Median(outcome => outcome.Guess)} | {Median(outcome => outcome.FirstLayer)} "
            + $"| {Median(outcome => outcome.Distance)} | {Median(outcome => outcome.Angle)} | {found} |";
    }

    private static Outcome Attack(
        DifferentiableModel model, int units, Table rows, int patients, double? epsilon, ulong seed)
    {
        int[] order = [.. Enumerable.Range(0, rows.Rows)];
        new PhiloxStream(seed, stream: 0).Shuffle(order);
        Table attacked = rows.Select(order.AsSpan(0, patients));
        double[] truth = FeaturesOf(attacked);
        double[] parameters = model.InitialParameters(seed);
        double[] observed = epsilon is { } budget
            ? Noised(model, attacked, parameters, budget, seed)
            : BareSum(model, attacked, parameters);

        double ErrorOf(double[] found) => ReconstructionError.Of(truth, found, rows.Columns).MeanSquare;
        double[]? firstLayer = GradientInversion.FirstLayer(observed, rows.Columns, units);
        double[] distance = GradientInversion.Match(
            model, parameters, observed, attacked.Labels, GradientLikeness.Distance, Effort);
        double[] angle = GradientInversion.Match(
            model, parameters, observed, attacked.Labels, GradientLikeness.Angle, Effort);
        double[][] attempts = firstLayer is null ? [distance, angle] : [firstLayer, distance, angle];
        return new Outcome(
            ErrorOf(FeaturesOf(rows.Select(order.AsSpan(patients, patients)))),
            firstLayer is null ? null : ErrorOf(firstLayer),
            ErrorOf(distance),
            ErrorOf(angle),
            attempts.Max(found => ReconstructionError.Of(truth, found, rows.Columns).Recovered));
    }

    private static double[] BareSum(DifferentiableModel model, Table rows, double[] parameters)
    {
        double[] sum = new double[model.ParameterCount];
        for (int row = 0; row < rows.Rows; row++)
        {
            model.LossAndGradient(parameters, rows.Row(row), rows.Label(row), sum);
        }

        return sum;
    }

    // As PrivateGradientRound makes it: clipped on the grid, exact noise.
    private static double[] Noised(
        DifferentiableModel model, Table rows, double[] parameters, double epsilon, ulong seed)
    {
        PatientClipping clipping = new(ClipGrid, Clip / ClipGrid);
        long[] sum = new long[model.ParameterCount];
        double[] gradient = new double[sum.Length];
        for (int row = 0; row < rows.Rows; row++)
        {
            Array.Clear(gradient);
            model.LossAndGradient(parameters, rows.Row(row), rows.Label(row), gradient);
            clipping.AddClipped(gradient, sum);
        }

        double sigma = GaussianComposition.NoiseMultiplier(new PrivacyBudget(epsilon, Delta), steps: 1) * ClipGrid;
        DiscreteGaussian noise = new(new BigInteger(Math.Ceiling(sigma * sigma)));
        string purpose = string.Create(CultureInfo.InvariantCulture, $"inversion {epsilon} {sum.Length} {seed}");
        using SeededRandomBits bits = new(SHA256.HashData(Encoding.UTF8.GetBytes(purpose)), purpose);
        return [.. sum.Select(value => (value + noise.Sample(bits)) * clipping.UnitsPerGrid)];
    }

    private static double[] FeaturesOf(Table rows) =>
        [.. Enumerable.Range(0, rows.Rows).SelectMany(row => rows.Row(row).ToArray())];

    /// <summary>
    /// Mean squared errors per feature; <c>Found</c> is the share of patients that the best attempt found.
    /// </summary>
    private sealed record Outcome(double Guess, double? FirstLayer, double Distance, double Angle, double Found);
}
