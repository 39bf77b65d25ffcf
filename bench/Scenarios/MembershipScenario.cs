using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Federation.Attacks;
using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Training;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

namespace DigitalTwin.Scenarios;

/// <summary>What the likelihood-ratio attack tells about the training rows, with and without noise.</summary>
internal static class MembershipScenario
{
    private const int Hidden = 64;
    private const int BareSteps = 600;
    private const int PrivateSteps = 60;
    private const double SamplingRate = 0.25;
    private const double Delta = 1e-3;

    private static readonly double[] Budgets = [8, 1];

    public static string Run(ScenarioHospitals hospitals, int models)
    {
        Table pooled = hospitals.PooledTrain();
        (double[] mean, double[] deviation) = ScenarioHospitals.MomentsOf(pooled);
        Table rows = pooled.Standardise(mean, deviation);
        StringBuilder table = new();
        table.AppendLine(
            "| Training | Area, online | offline | TPR at FPR 0.001, online | ceiling | at 0.01, online | ceiling |");
        table.AppendLine("|---|---|---|---|---|---|---|");
        table.AppendLine(RowOf("logistic, ridge 1, to the optimum", AttackOnLogistic(rows, models), null));
        table.AppendLine(RowOf("network, Adam, by heart", AttackOnNetwork(rows, models, BareParameters), null));
        foreach (double epsilon in Budgets)
        {
            PrivacyBudget budget = new(epsilon, Delta);
            double noise = NoiseCalibration.ByPrivacyLoss(budget, ReleasesOf)
                ?? throw new InvalidOperationException($"No noise reaches epsilon {epsilon}.");
            MembershipFinding finding = AttackOnNetwork(
                rows, models, (network, train, model) => PrivateParameters(network, train, rows.Rows, noise, model));
            string name = string.Create(CultureInfo.InvariantCulture, $"network, DP-SGD, ε = {epsilon}, δ = {Delta}");
            table.AppendLine(RowOf(name, finding, new TradeOffCurve(ReleasesOf(noise))));
        }

        return table.ToString();
    }

    private static PrivacyComposition ReleasesOf(double noise) =>
        PrivacyComposition.Of(new PoissonSampling(SamplingRate).Gaussian(noise), PrivateSteps);

    private static string RowOf(string name, MembershipFinding finding, TradeOffCurve? ceiling)
    {
        string Ceiling(double rate) =>
            ceiling is null ? "–" : ceiling.TruePositiveRate(rate).ToString("F4", CultureInfo.InvariantCulture);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {finding.Online.AreaUnderCurve():F4} | {finding.Offline.AreaUnderCurve():F4} "
                + $"| {finding.Online.TruePositiveRate(1e-3):F4} | {Ceiling(1e-3)} "
                + $"| {finding.Online.TruePositiveRate(1e-2):F4} | {Ceiling(1e-2)} |");
    }

    private static MembershipFinding AttackOnLogistic(Table rows, int models)
    {
        LogisticModel logistic = new(rows.Columns);
        return MembershipInference.Run(rows.Rows, models, seed: 1, (included, _) =>
        {
            double[] fitted = LogisticFit.Fit(rows.Select(IndicesOf(included)), l2: 1);
            return LogitsOf(rows, row => logistic.Margin(fitted, rows.Row(row)));
        });
    }

    private static MembershipFinding AttackOnNetwork(
        Table rows, int models, Func<Network, Table, int, float[]> parametersAfter)
    {
        Network network = new(new NetworkDescription
        {
            Input = SampleShape.Vector(rows.Columns),
            Layers = [new Dense { Width = Hidden, Activation = Curve.Tanh }, new Dense { Width = 1 }],
            Loss = new BinaryLoss(1),
        });
        NetworkWorkspace workspace = network.CreateWorkspace(rows.Rows);
        float[] inputs = InputsOf(rows);
        return MembershipInference.Run(rows.Rows, models, seed: 1, (included, model) =>
        {
            float[] parameters = parametersAfter(network, rows.Select(IndicesOf(included)), model);
            NetworkBatch all = new() { Rows = rows.Rows, Inputs = inputs };
            float[] margins = network.Forward(parameters, all, workspace).ToArray();
            return LogitsOf(rows, row => margins[row]);
        });
    }

    private static float[] BareParameters(Network network, Table train, int model)
    {
        float[] parameters = network.InitialParameters((ulong)model);
        float[] gradient = new float[parameters.Length];
        AdamOptimiser adam = new(parameters.Length);
        NetworkWorkspace workspace = network.CreateWorkspace(train.Rows);
        NetworkBatch batch = new() { Rows = train.Rows, Inputs = InputsOf(train), Targets = TargetsOf(train) };
        for (int step = 0; step < BareSteps; step++)
        {
            network.LossAndGradient(parameters, batch, workspace, gradient);
            adam.Step(parameters, gradient, learningRate: 0.01);
        }

        return parameters;
    }

    private static float[] PrivateParameters(Network network, Table train, int patients, double noise, int model)
    {
        string run = string.Create(CultureInfo.InvariantCulture, $"membership {noise} {model}");
        PrivateTrainer trainer = new(
            network,
            new PatientRows(network, InputsOf(train), TargetsOf(train)),
            network.InitialParameters((ulong)model),
            new SgdOptimiser(network.ParameterCount),
            new FlatBound(network.ParameterCount, clip: 1),
            new PrivateTrainingSettings
            {
                Sampling = new PoissonSampling(SamplingRate),
                NoiseMultiplier = noise,

                // Half of all rows are trained on; how many exactly, the coins know alone.
                ExpectedBatch = SamplingRate * patients / 2,
            },
            new TrainingKey(SHA256.HashData(Encoding.UTF8.GetBytes(run)), run));
        for (int step = 0; step < PrivateSteps; step++)
        {
            trainer.Step(learningRate: 1);
        }

        return trainer.Parameters.ToArray();
    }

    private static double[] LogitsOf(Table rows, Func<int, double> margin) =>
        [.. Enumerable.Range(0, rows.Rows).Select(row => ((2 * rows.Label(row)) - 1) * margin(row))];

    private static int[] IndicesOf(ReadOnlySpan<bool> included)
    {
        List<int> indices = [];
        for (int row = 0; row < included.Length; row++)
        {
            if (included[row])
            {
                indices.Add(row);
            }
        }

        return [.. indices];
    }

    private static float[] InputsOf(Table rows) =>
        [.. Enumerable.Range(0, rows.Rows).SelectMany(row => rows.Row(row).ToArray().Select(value => (float)value))];

    private static float[] TargetsOf(Table rows) => [.. rows.Labels.ToArray().Select(label => (float)label)];
}
