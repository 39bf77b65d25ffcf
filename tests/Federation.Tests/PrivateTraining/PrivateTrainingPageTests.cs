using System.Security.Cryptography;
using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Federation.Tests.PrivateTraining;

// Goal: the example of docs/private-training.md runs. Method: it stands here, line for line, and is compared with the
// page.
public sealed class PrivateTrainingPageTests
{
    private const string ThisFile = "tests/Federation.Tests/PrivateTraining/PrivateTrainingPageTests.cs";

    [Fact]
    public void The_example_runs()
    {
        NetworkDescription description = new()
        {
            Input = SampleShape.Vector(Cohort.Features),
            Layers = [new Dense { Width = 1 }],
            Loss = new BinaryLoss(1),
        };
        (float[] inputs, float[] targets) = Cohort.Rows(400);
        int[] patients = [.. Enumerable.Range(0, 400)];
        byte[] key = SHA256.HashData([1]);

        Network network = new(description);
        PatientRows rows = new(network, inputs, targets, patients);
        PrivateTrainer trainer = new(
            network,
            rows,
            network.InitialParameters(seed: 1),
            new SgdOptimiser(network.ParameterCount),
            new FlatBound(network.ParameterCount, clip: 1),
            new PrivateTrainingSettings
            {
                Sampling = new PoissonSampling(rate: 0.05),
                NoiseMultiplier = 1.1,
                ExpectedBatch = 20,
            },
            new TrainingKey(key, "heart failure, first run"));
        for (int step = 0; step < 40; step++)
        {
            trainer.Step(learningRate: 0.5);
        }

        EpsilonBounds spent = trainer.Epsilon(delta: 1e-5);

        Assert.InRange(spent.Upper, 1, 2.5);
        Assert.Equal(40, trainer.Steps);
    }

    [Fact]
    public void The_page_shows_what_runs()
    {
        string page = File.ReadAllText(FullPath("docs/private-training.md"));
        string block = page.Split("```csharp\n")[1].Split("```")[0];
        string source = File.ReadAllText(FullPath(ThisFile));
        string indented = string.Concat(
            block.Split('\n').SkipLast(1).Select(line => line.Length > 0 ? $"        {line}\n" : "\n"));

        Assert.Contains(indented, source, StringComparison.Ordinal);
    }

    private static string FullPath(string path)
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DigitalTwin.sln")))
        {
            folder = folder.Parent;
        }

        Assert.SkipWhen(folder is null, "Needs the checkout: DigitalTwin.sln is in none of the folders above.");
        return Path.Combine(folder!.FullName, path);
    }
}
