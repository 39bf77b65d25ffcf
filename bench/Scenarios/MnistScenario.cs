using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Scenarios;

/// <summary>DP-SGD on images at the settings of Opacus' MNIST example: accuracy, ε, time and memory.</summary>
/// <remarks>
/// Opacus, <c>examples/mnist_README.md</c>: the network, σ, C, the batch of 240, epochs and learning rates, and the
/// accuracies it reports (mean ± standard deviation of ten runs).
/// </remarks>
internal static class MnistScenario
{
    private const double Delta = 1e-5;
    private const int Batch = 240;
    private const int TimedSteps = 40;

    private static readonly Setting[] Settings =
    [
        new(1.3, 1.5, 15, 0.25, "94.63 ± 0.34 %"),
        new(1.1, 1.0, 60, 0.15, "96.78 ± 0.21 %"),
        new(0.7, 1.5, 45, 0.25, "97.09 ± 0.17 %"),
    ];

    // 26,010 parameters.
    private static readonly NetworkDescription Description = new()
    {
        Input = SampleShape.Image(1, DigitImages.Side, DigitImages.Side),
        Layers =
        [
            new Convolution2d { Channels = 16, Kernel = 8, Stride = 2, Padding = 3, Activation = Curve.Relu },
            new MaxPool { Size = 2, Stride = 1 },
            new Convolution2d { Channels = 32, Kernel = 4, Stride = 2, Activation = Curve.Relu },
            new MaxPool { Size = 2, Stride = 1 },
            new Flatten(),
            new Dense { Width = 32, Activation = Curve.Relu },
            new Dense { Width = DigitImages.Classes },
        ],
        Loss = new SoftmaxLoss(DigitImages.Classes),
    };

    /// <summary>The table for one of Opacus' settings, chosen by its noise; null where there is none with it.</summary>
    /// <param name="images">What to train on.</param>
    /// <param name="noise">σ, or null for the first.</param>
    /// <param name="seeds">How many runs.</param>
    /// <param name="progress">Gets a line per epoch.</param>
    public static async Task<string?> RunAsync(DigitImages images, double? noise, int seeds, TextWriter progress)
    {
        if (Settings.FirstOrDefault(setting => noise is null || setting.Noise == noise) is not { } setting)
        {
            return null;
        }

        Network network = new(Description);
        StringBuilder table = new();
        table.AppendLine("| σ | C | Batch | Steps | Rate | Accuracy | Opacus on MNIST | ε at δ = 1e-5 (PLD) |");
        table.AppendLine("|---|---|---|---|---|---|---|---|");
        for (ulong seed = 0; seed < (ulong)seeds; seed++)
        {
            PrivateTrainer trainer = Trainer(network, images, setting, seed);
            double accuracy = await TrainAsync(network, images, setting, trainer, progress);
            EpsilonBounds epsilon = trainer.Epsilon(Delta);
            table.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {setting.Noise} | {setting.Clip} | {Batch} | {trainer.Steps} | {setting.LearningRate} "
                    + $"| {100 * accuracy:F2} % | {setting.Reported} | {epsilon.Lower:F4} to {epsilon.Upper:F4} |");
        }

        table.AppendLine();
        table.Append(Overhead(network, images, setting));
        return table.ToString();
    }

    private static PrivateTrainer Trainer(Network network, DigitImages images, Setting setting, ulong seed) => new(
        network,
        images.Patients(network),
        Initial(network, seed),
        new SgdOptimiser(network.ParameterCount),
        new FlatBound(network.ParameterCount, setting.Clip),
        new PrivateTrainingSettings
        {
            Sampling = new PoissonSampling((double)Batch / images.TrainCount),
            NoiseMultiplier = setting.Noise,
            ExpectedBatch = Batch,
        },
        new TrainingKey(SHA256.HashData(BitConverter.GetBytes(seed)), "mnist"));

    // Weights and biases uniform in ±1/√inputs, as PyTorch and so Opacus starts; the engine's own start has no biases
    // and weights √3 as wide.
    private static float[] Initial(Network network, ulong seed)
    {
        float[] parameters = new float[network.ParameterCount];
        PhiloxStream random = new(seed, stream: 0);
        double limit = 0;
        foreach (ParameterBlock block in network.Blocks)
        {
            // A bias follows its weights and has their inputs.
            limit = block.Extents.Count > 1 ? 1 / Math.Sqrt((double)block.Size / block.Extents[0]) : limit;
            foreach (ref float parameter in parameters.AsSpan(block.Offset, block.Size))
            {
                parameter = (float)(limit * ((2 * random.NextUnit()) - 1));
            }
        }

        return parameters;
    }

    private static async Task<double> TrainAsync(
        Network network, DigitImages images, Setting setting, PrivateTrainer trainer, TextWriter progress)
    {
        long start = Stopwatch.GetTimestamp();
        int steps = setting.Epochs * (images.TrainCount / Batch);
        double accuracy = 0;
        while (trainer.Steps < steps)
        {
            trainer.Step(setting.LearningRate);
            if (trainer.Steps % (images.TrainCount / Batch) == 0)
            {
                accuracy = images.Accuracy(network, trainer.Parameters);
                await progress.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture,
                    $"{trainer.Steps} of {steps} steps: {100 * accuracy:F2} %, "
                        + $"{Stopwatch.GetElapsedTime(start).TotalSeconds:F0} s"));
            }
        }

        return accuracy;
    }

    // Plain and private steps in turn, and the processor time that they take: other work on the machine counts little.
    private static string Overhead(Network network, DigitImages images, Setting setting)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        PrivateTrainer trainer = Trainer(network, images, setting, seed: 0);
        long privateBytes = GC.GetAllocatedBytesForCurrentThread() - before;
        before = GC.GetAllocatedBytesForCurrentThread();
        PlainTraining plain = new(network, images);
        long plainBytes = GC.GetAllocatedBytesForCurrentThread() - before;
        double[] plainTimes = new double[TimedSteps];
        double[] privateTimes = new double[TimedSteps];
        for (int i = 0; i < TimedSteps; i++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            plain.Step(setting.LearningRate);
            plainTimes[i] = (Environment.CpuUsage.TotalTime - start).TotalMilliseconds;
            start = Environment.CpuUsage.TotalTime;
            StepFigures figures = trainer.Step(setting.LearningRate);

            // Batches differ in size: the time is that of 240 patients.
            privateTimes[i] = (Environment.CpuUsage.TotalTime - start).TotalMilliseconds
                * Batch / int.Max(1, figures.Batch);
        }

        Array.Sort(plainTimes);
        Array.Sort(privateTimes);
        double median = privateTimes[TimedSteps / 2] / plainTimes[TimedSteps / 2];
        return string.Create(
            CultureInfo.InvariantCulture,
            $"""
            | Step of {Batch} | Least CPU, ms | Median CPU, ms | Memory beside the data, KiB |
            |---|---|---|---|
            | plain | {plainTimes[0]:F1} | {plainTimes[TimedSteps / 2]:F1} | {plainBytes >> 10} |
            | private | {privateTimes[0]:F1} | {privateTimes[TimedSteps / 2]:F1} | {privateBytes >> 10} |
            | ratio | {privateTimes[0] / plainTimes[0]:F2} | {median:F2} | {(double)privateBytes / plainBytes:F2} |

            """);
    }

    private sealed record Setting(double Noise, double Clip, int Epochs, double LearningRate, string Reported);

    /// <summary>The same network and batch without clipping and noise, batches of a shuffled list.</summary>
    private sealed class PlainTraining(Network network, DigitImages images)
    {
        private readonly float[] _parameters = network.InitialParameters(seed: 0);
        private readonly float[] _gradient = new float[network.ParameterCount];
        private readonly float[] _inputs = new float[Batch * network.Input.Size];
        private readonly float[] _targets = new float[Batch];
        private readonly NetworkWorkspace _workspace = network.CreateWorkspace(Batch);
        private readonly SgdOptimiser _optimiser = new(network.ParameterCount);
        private readonly PhiloxStream _random = new(seed: 0, stream: 1);

        public void Step(double learningRate)
        {
            int size = network.Input.Size;
            for (int row = 0; row < Batch; row++)
            {
                int image = _random.NextBelow(images.TrainCount);
                images.Train.AsSpan(image * size, size).CopyTo(_inputs.AsSpan(row * size));
                _targets[row] = images.TrainLabels[image];
            }

            NetworkBatch batch = new() { Rows = Batch, Inputs = _inputs, Targets = _targets };
            network.LossAndGradient(_parameters, batch, _workspace, _gradient);
            _optimiser.Step(_parameters, _gradient, learningRate);
        }
    }
}
