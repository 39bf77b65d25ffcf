using System.Text.RegularExpressions;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Interchange;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Federation.Tests.Documents;

// Goal: the code of docs/training-engine.md compiles and does what the page says. Method: this file runs it, and a
// second test finds every block of the page, line by line, in this file.
public sealed partial class EnginePageTests
{
    [Fact]
    public void The_page_s_code_trains_and_writes_a_network()
    {
        Network network = new(new NetworkDescription
        {
            Input = SampleShape.Sequence(steps: 6, features: 3),
            Layers = [new Gru { Hidden = 8 }, new Dense { Width = 1 }],
            Loss = new BinaryLoss(Tasks: 1),
        });
        NetworkDescription description = new()
        {
            Input = network.Input,
            Layers = [new Gru { Hidden = 8 }, new Dense { Width = 1 }],
            Loss = network.Loss,
        };
        PhiloxStream random = new(seed: 1, stream: 0);
        float[] inputs = [.. Enumerable.Range(0, 32 * network.Input.Size).Select(_ => (float)random.NextNormal())];
        float[] targets = [.. Enumerable.Range(0, 32).Select(row => inputs[row * network.Input.Size] > 0 ? 1f : 0f)];

        float[] parameters = network.InitialParameters(seed: 1);
        float[] gradient = new float[network.ParameterCount];
        NetworkWorkspace workspace = network.CreateWorkspace(rows: 32);
        AdamOptimiser optimiser = new(network.ParameterCount);
        CosineRate rate = new(Peak: 0.02, Steps: 100);
        double loss = 0;
        for (int step = 0; step < 100; step++)
        {
            NetworkBatch batch = new() { Rows = 32, Inputs = inputs, Targets = targets };
            loss = network.LossAndGradient(parameters, batch, workspace, gradient);
            optimiser.Step(parameters, gradient, rate.At(step));
        }

        byte[] weights = SafeTensors.Write(network, parameters);
        float[] read = SafeTensors.Read(network, weights);
        byte[] onnx = OnnxModel.Write(description, parameters);

        Assert.True(loss < 0.2, FormattableString.Invariant($"{loss}"));
        Assert.Equal(parameters, read);
        Assert.True(onnx.Length > network.ParameterCount * sizeof(float));
    }

    [Fact]
    public void Every_block_of_the_page_stands_in_this_file()
    {
        string root = Root();
        string source = Flat(File.ReadAllText(
            Path.Combine(root, "tests", "Federation.Tests", "Documents", "EnginePageTests.cs")));
        string page = File.ReadAllText(Path.Combine(root, "docs", "training-engine.md"));

        string[] blocks = [.. Block().Matches(page).Select(match => match.Groups[1].Value)];

        Assert.Equal(3, blocks.Length);
        Assert.All(blocks, block => Assert.Contains(Flat(block), source, StringComparison.Ordinal));
    }

    private static string Flat(string code) => Blank().Replace(code, " ").Trim();

    private static string Root()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DigitalTwin.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside a checkout.");
    }

    [GeneratedRegex(@"^```csharp\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Block();

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blank();
}
