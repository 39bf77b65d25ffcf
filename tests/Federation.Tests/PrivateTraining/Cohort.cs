using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Federation.Tests.PrivateTraining;

/// <summary>Invented patients whose label follows a line through four features, and a small network.</summary>
internal static class Cohort
{
    public const int Features = 4;

    public static readonly Network Network = new(new NetworkDescription
    {
        Input = SampleShape.Vector(Features),
        Layers = [new Dense { Width = 5, Activation = Curve.Tanh }, new Dense { Width = 1 }],
        Loss = new BinaryLoss(1),
    });

    public static (float[] Inputs, float[] Targets) Rows(int rows, ulong seed = 1)
    {
        PhiloxStream random = new(seed, stream: 0);
        float[] inputs = new float[rows * Features];
        float[] targets = new float[rows];
        for (int row = 0; row < rows; row++)
        {
            double score = 0.3 * random.NextNormal();
            for (int i = 0; i < Features; i++)
            {
                float value = (float)random.NextNormal();
                inputs[(row * Features) + i] = value;
                score += (i % 2 == 0 ? 1 : -1) * value;
            }

            targets[row] = score > 0 ? 1 : 0;
        }

        return (inputs, targets);
    }

    public static PatientRows Patients(int rows, int[]? patients = null)
    {
        (float[] inputs, float[] targets) = Rows(rows);
        return new PatientRows(Network, inputs, targets, patients);
    }

    public static TrainingKey Key(string run) => new(SHA256.HashData(Encoding.UTF8.GetBytes(run)), run);

    public static PrivateTrainer Trainer(
        PatientRows rows, string run, double rate = 0.1, double noise = 1, GradientBound? bound = null)
    {
        return new PrivateTrainer(
            Network,
            rows,
            Network.InitialParameters(seed: 3),
            new SgdOptimiser(Network.ParameterCount),
            bound ?? new FlatBound(Network.ParameterCount, clip: 1),
            new PrivateTrainingSettings
            {
                Sampling = new PoissonSampling(rate),
                NoiseMultiplier = noise,
                ExpectedBatch = rate * rows.Patients,
            },
            Key(run));
    }

    public static double Accuracy(ReadOnlySpan<float> parameters, int rows = 1000)
    {
        (float[] inputs, float[] targets) = Rows(rows, seed: 2);
        ReadOnlySpan<float> outputs = Network.Forward(
            parameters, new NetworkBatch { Rows = rows, Inputs = inputs }, Network.CreateWorkspace(rows));
        int right = 0;
        for (int row = 0; row < rows; row++)
        {
            right += outputs[row] > 0 == targets[row] > 0 ? 1 : 0;
        }

        return (double)right / rows;
    }
}
