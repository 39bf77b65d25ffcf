using System.Globalization;
using System.Security.Cryptography;
using DigitalTwin.Federation.Attacks;
using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Training;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

namespace DigitalTwin.Federation.Tests.Attacks;

// Goal: the likelihood-ratio attack finds members where a model has learned its rows by heart, finds nothing where it
// has not looked at them, and stays under the ceiling where training was private. Method: more columns than patients
// and labels thrown by coins, so that a fit is memory and nothing else.
public sealed class MembershipInferenceTests
{
    private const int Rows = 60;
    private const int Columns = 40;
    private const int Models = 20;

    private static readonly Table Noise = NoiseTable();

    [Fact]
    public void Rows_learned_by_heart_are_found()
    {
        MembershipFinding finding = MembershipInference.Run(Rows, Models, seed: 1, (included, _) =>
        {
            double[] fitted = LogisticFit.Fit(Noise.Select(IndicesOf(included)), l2: 0.1);
            LogisticModel model = new(Columns);
            return LogitsOf(row => model.Margin(fitted, Noise.Row(row)));
        });

        Assert.InRange(finding.Online.AreaUnderCurve(), 0.8, 1);
        Assert.InRange(finding.Offline.AreaUnderCurve(), 0.75, 1);
        Assert.InRange(finding.Online.TruePositiveRate(0.01), 0.1, 1);
    }

    // 1200 scores: an area has the standard error 1/√(12 · 300) = 0.017, and five of them are allowed.
    [Fact]
    public void A_training_that_looks_at_no_row_gives_nobody_away()
    {
        MembershipFinding finding = MembershipInference.Run(Rows, Models, seed: 2, (_, model) =>
        {
            PhiloxStream random = new(3, stream: (ulong)model);
            return LogitsOf(_ => random.NextNormal());
        });

        Assert.InRange(finding.Online.AreaUnderCurve(), 0.415, 0.585);
        Assert.InRange(finding.Offline.AreaUnderCurve(), 0.415, 0.585);
    }

    // Ten steps of all patients with σ = 2√10 are one Gaussian mechanism of μ = 1/2. The area under its ceiling is
    // Φ(μ/√2) = 0.638; five standard errors of 0.017 more are allowed. Without noise the same steps give far more away.
    [Fact]
    public void A_private_network_stays_under_its_ceiling()
    {
        const int Steps = 10;
        PrivacyComposition releases = PrivacyComposition.Of(new GaussianMechanism(2 * Math.Sqrt(Steps)), Steps);
        TradeOffCurve ceiling = new(releases);

        MembershipFinding noisy = AttackOnNetwork(2 * Math.Sqrt(Steps), Steps);
        MembershipFinding bare = AttackOnNetwork(noise: 1e-3, Steps);

        Assert.InRange(noisy.Online.AreaUnderCurve(), 0.4, 0.638 + (5 * 0.017));
        Assert.InRange(bare.Online.AreaUnderCurve(), 0.8, 1);
        Assert.True(bare.Online.TruePositiveRate(0.1) > ceiling.TruePositiveRate(0.1));

        // Over 600 outsiders and as many members a rate of 0.2 has a standard error of 0.016.
        Assert.InRange(noisy.Online.TruePositiveRate(0.1), 0, ceiling.TruePositiveRate(0.1) + (5 * 0.016));
    }

    [Fact]
    public void Too_little_to_attack_is_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => MembershipInference.Run(1, 4, 1, (_, _) => [0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => MembershipInference.Run(4, 2, 1, (_, _) => [0]));
        Assert.Throws<ArgumentException>(() => MembershipInference.Run(4, 4, 1, (_, _) => [0]));
    }

    private static MembershipFinding AttackOnNetwork(double noise, int steps)
    {
        Network network = new(new NetworkDescription
        {
            Input = SampleShape.Vector(Columns),
            Layers = [new Dense { Width = 1 }],
            Loss = new BinaryLoss(1),
        });
        return MembershipInference.Run(Rows, Models, seed: 4, (included, model) =>
        {
            int[] indices = IndicesOf(included);
            PatientRows patients = new(network, FloatsOf(indices), [.. indices.Select(row => (float)Noise.Label(row))]);
            PrivateTrainer trainer = new(
                network,
                patients,
                new float[network.ParameterCount],
                new SgdOptimiser(network.ParameterCount),
                new FlatBound(network.ParameterCount, clip: 1),
                new PrivateTrainingSettings
                {
                    Sampling = new PoissonSampling(1),
                    NoiseMultiplier = noise,
                    ExpectedBatch = Rows / 2,
                },
                new TrainingKey(SHA256.HashData("membership"u8), string.Create(
                    CultureInfo.InvariantCulture, $"{noise} {model}")));
            for (int step = 0; step < steps; step++)
            {
                trainer.Step(learningRate: 2);
            }

            NetworkWorkspace workspace = network.CreateWorkspace(Rows);
            NetworkBatch all = new() { Rows = Rows, Inputs = FloatsOf([.. Enumerable.Range(0, Rows)]) };
            float[] margins = network.Forward(trainer.Parameters, all, workspace).ToArray();
            return LogitsOf(row => margins[row]);
        });
    }

    private static double[] LogitsOf(Func<int, double> margin) =>
        [.. Enumerable.Range(0, Rows).Select(row => ((2 * Noise.Label(row)) - 1) * margin(row))];

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

    private static float[] FloatsOf(int[] rows) =>
        [.. rows.SelectMany(row => Noise.Row(row).ToArray().Select(value => (float)value))];

    private static Table NoiseTable()
    {
        PhiloxStream random = new(5, stream: 0);
        double[] features = [.. Enumerable.Range(0, Rows * Columns).Select(_ => random.NextNormal())];
        return new Table(Columns, features, [.. Enumerable.Range(0, Rows).Select(_ => (double)random.NextBelow(2))]);
    }
}
