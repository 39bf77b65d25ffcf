using System.Collections.Concurrent;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Layers;
using DigitalTwin.Models.Networks.Losses;

namespace DigitalTwin.Models;

/// <summary>A float32 network with one log-odds at the end, as a model whose parameters are doubles.</summary>
/// <remarks>
/// Sums over hospitals are exact in doubles; the network computes at the nearest floats. A change below half a float's
/// spacing is not lost: it waits in the doubles until it is seen. A row is one sample of the network's input, its last
/// extent fastest.
/// </remarks>
public sealed class NetworkModel : DifferentiableModel
{
    /// <summary>Rows that go through the network at a time: enough for its kernels, and a bound on memory.</summary>
    private const int BatchRows = 64;

    private readonly Network _network;
    private readonly bool[] _isPenalised;

    // A workspace serves one thread at a time, and a model may be asked from several.
    private readonly ConcurrentBag<Scratch> _idle = [];

    /// <param name="description">One that ends in the loss of one task, whose log-odds it gives.</param>
    /// <exception cref="ArgumentException">The description is refused; the message names the field.</exception>
    public NetworkModel(NetworkDescription description)
    {
        ArgumentNullException.ThrowIfNull(description);
        if (description.Loss is not BinaryLoss { Tasks: 1 })
        {
            throw new ArgumentException("The model gives one log-odds, so its loss is that of one task.");
        }

        _network = new Network(description);
        Columns = _network.Input.Size;
        _isPenalised = new bool[_network.ParameterCount];
        foreach (ParameterBlock block in _network.Blocks)
        {
            // A bias, or the scale of a norm, has one extent; a weight has more.
            _isPenalised.AsSpan(block.Offset, block.Size).Fill(block.Extents.Count > 1);
        }
    }

    public override int ParameterCount => _network.ParameterCount;

    public override int Columns { get; }

    public override double[] InitialParameters(ulong seed) =>
        [.. _network.InitialParameters(seed).Select(parameter => (double)parameter)];

    public override double Margin(ReadOnlySpan<double> parameters, ReadOnlySpan<double> row)
    {
        RequireShapes(parameters, row);
        Scratch scratch = Take(parameters);
        Narrow(row, scratch.Inputs);
        double margin = _network.Forward(scratch.Parameters, scratch.Batch(rows: 1), scratch.Workspace)[0];
        _idle.Add(scratch);
        return margin;
    }

    public override double[] Margins(ReadOnlySpan<double> parameters, Table table)
    {
        ArgumentNullException.ThrowIfNull(table);
        RequireShapes(parameters, table.Columns);
        Scratch scratch = Take(parameters);
        double[] margins = new double[table.Rows];
        for (int first = 0; first < table.Rows; first += BatchRows)
        {
            int count = int.Min(BatchRows, table.Rows - first);
            for (int i = 0; i < count; i++)
            {
                Narrow(table.Row(first + i), scratch.Input(i));
            }

            ReadOnlySpan<float> outputs = _network.Forward(
                scratch.Parameters, scratch.Batch(count), scratch.Workspace);
            for (int i = 0; i < count; i++)
            {
                margins[first + i] = outputs[i];
            }
        }

        _idle.Add(scratch);
        return margins;
    }

    public override double LossAndGradient(
        ReadOnlySpan<double> parameters, ReadOnlySpan<double> row, double label, Span<double> gradientToAddTo)
    {
        RequireShapes(parameters, row);
        Scratch scratch = Take(parameters);
        Narrow(row, scratch.Inputs);
        scratch.Targets[0] = (float)label;
        double loss = AddBatch(scratch, rows: 1, gradientToAddTo);
        _idle.Add(scratch);
        return loss;
    }

    public override double LossAndGradient(
        ReadOnlySpan<double> parameters, Table table, ReadOnlySpan<int> rows, Span<double> gradientToAddTo)
    {
        ArgumentNullException.ThrowIfNull(table);
        RequireShapes(parameters, table.Columns);
        Scratch scratch = Take(parameters);
        double loss = 0;
        while (!rows.IsEmpty)
        {
            int count = int.Min(BatchRows, rows.Length);
            for (int i = 0; i < count; i++)
            {
                Narrow(table.Row(rows[i]), scratch.Input(i));
                scratch.Targets[i] = (float)table.Label(rows[i]);
            }

            loss += AddBatch(scratch, count, gradientToAddTo);
            rows = rows[count..];
        }

        _idle.Add(scratch);
        return loss;
    }

    public override bool IsPenalised(int parameter) => _isPenalised[parameter];

    private Scratch Take(ReadOnlySpan<double> parameters)
    {
        if (!_idle.TryTake(out Scratch? scratch))
        {
            scratch = new Scratch(_network);
        }

        Narrow(parameters, scratch.Parameters);
        return scratch;
    }

    // The network gives means over a batch, and a model gives sums.
    private double AddBatch(Scratch scratch, int rows, Span<double> gradientToAddTo)
    {
        double mean = _network.LossAndGradient(
            scratch.Parameters, scratch.Batch(rows), scratch.Workspace, scratch.Gradient);
        for (int i = 0; i < gradientToAddTo.Length; i++)
        {
            gradientToAddTo[i] += rows * (double)scratch.Gradient[i];
        }

        return rows * mean;
    }

    private static void Narrow(ReadOnlySpan<double> values, Span<float> floats)
    {
        for (int i = 0; i < values.Length; i++)
        {
            floats[i] = (float)values[i];
        }
    }

    private sealed class Scratch(Network network)
    {
        public NetworkWorkspace Workspace { get; } = network.CreateWorkspace(BatchRows);

        public float[] Parameters { get; } = new float[network.ParameterCount];

        public float[] Gradient { get; } = new float[network.ParameterCount];

        public float[] Inputs { get; } = new float[BatchRows * network.Input.Size];

        public float[] Targets { get; } = new float[BatchRows];

        public Span<float> Input(int row) => Inputs.AsSpan(row * network.Input.Size, network.Input.Size);

        public NetworkBatch Batch(int rows) => new()
        {
            Rows = rows,
            Inputs = Inputs.AsSpan(0, rows * network.Input.Size),
            Targets = Targets.AsSpan(0, rows),
        };
    }
}
