using BenchmarkDotNet.Attributes;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Kernels;

/// <summary>One step of training on a fixed batch in memory: plain, and with each row's gradient clipped.</summary>
/// <remarks>
/// Forward, backward, (clip,) update, by one thread or two. The noise of private training is not within the time.
/// </remarks>
[MemoryDiagnoser]
[MinColumn]
[InvocationCount(4, 1)]
[WarmupCount(5)]
[IterationCount(80)]
public class NetworkBenchmarks
{
    private const double LearningRate = 1e-4;
    private const int WarmUpMilliseconds = 2000;

    private Network _network = null!;
    private NetworkWorkspace _workspace = null!;
    private SgdOptimiser _optimiser = null!;
    private int _rows;
    private float[] _parameters = [];
    private float[] _gradient = [];
    private float[] _inputs = [];
    private float[] _targets = [];

    [Params("MLP 13-64-32-1", "MLP 39-128-64-1", "GRU 20-64", "LSTM 20-64", "CNN")]
    public string Workload { get; set; } = "";

    [Params(1, 2)]
    public int Threads { get; set; }

    [GlobalSetup]
    public void Prepare()
    {
        (_rows, NetworkDescription description) = Workload switch
        {
            "MLP 13-64-32-1" => (64, Perceptron(13, 64, 32)),
            "MLP 39-128-64-1" => (256, Perceptron(39, 128, 64)),
            "GRU 20-64" => (64, Recurrent(new Gru { Hidden = 64 })),
            "LSTM 20-64" => (64, Recurrent(new Lstm { Hidden = 64 })),
            _ => (64, Convolutional()),
        };
        _network = new Network(description);
        _workspace = _network.CreateWorkspace(_rows, Threads);
        _optimiser = new SgdOptimiser(_network.ParameterCount);
        _parameters = _network.InitialParameters(seed: 1);
        _gradient = new float[_network.ParameterCount];

        PhiloxStream random = new(seed: 1, stream: 1);
        _inputs = new float[_rows * _network.Input.Size];
        foreach (ref float input in _inputs.AsSpan())
        {
            input = (float)random.NextNormal();
        }

        _targets = [.. Enumerable.Range(0, _rows).Select(_ => (float)random.NextBelow(2))];

        // Short iterations find a quiet moment of a busy machine; the runtime must have optimised by then.
        long start = Environment.TickCount64;
        while (Environment.TickCount64 - start < WarmUpMilliseconds)
        {
            Plain();
            Clipped();
        }
    }

    [Benchmark]
    public double Plain()
    {
        double loss = _network.LossAndGradient(
            _parameters, new() { Rows = _rows, Inputs = _inputs, Targets = _targets }, _workspace, _gradient);
        _optimiser.Step(_parameters, _gradient, LearningRate);
        return loss;
    }

    [Benchmark]
    public double Clipped()
    {
        double loss = _network.ClippedGradient(
            _parameters, new() { Rows = _rows, Inputs = _inputs, Targets = _targets }, 1, _workspace, _gradient);
        _optimiser.Step(_parameters, _gradient, LearningRate / _rows);
        return loss;
    }

    private static NetworkDescription Perceptron(int inputs, int first, int second) => new()
    {
        Input = SampleShape.Vector(inputs),
        Layers =
        [
            new Dense { Width = first, Activation = Curve.Relu },
            new Dense { Width = second, Activation = Curve.Relu },
            new Dense { Width = 1 },
        ],
        Loss = new BinaryLoss(1),
    };

    private static NetworkDescription Recurrent(LayerDescription cell) => new()
    {
        Input = SampleShape.Sequence(48, 20),
        Layers = [cell, new Dense { Width = 1 }],
        Loss = new BinaryLoss(1),
    };

    // The network of Opacus' MNIST example.
    private static NetworkDescription Convolutional() => new()
    {
        Input = SampleShape.Image(1, 28, 28),
        Layers =
        [
            new Convolution2d { Channels = 16, Kernel = 8, Stride = 2, Padding = 3, Activation = Curve.Relu },
            new MaxPool { Size = 2, Stride = 1 },
            new Convolution2d { Channels = 32, Kernel = 4, Stride = 2, Activation = Curve.Relu },
            new MaxPool { Size = 2, Stride = 1 },
            new Dense { Width = 32, Activation = Curve.Relu },
            new Dense { Width = 10 },
        ],
        Loss = new SoftmaxLoss(10),
    };
}
