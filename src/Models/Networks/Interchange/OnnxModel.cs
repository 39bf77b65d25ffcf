using DigitalTwin.Models.Networks.Descriptions;

namespace DigitalTwin.Models.Networks.Interchange;

/// <summary>A trained network as an ONNX file, which other runtimes run.</summary>
/// <remarks>
/// <para>
/// onnx.proto of ONNX 1.15: IR version 9, operators of set 20. The graph takes <c>input</c>, B × the input's extents,
/// and gives <c>output</c>, B × the output's; B is free. Outputs are those of <see cref="Network.Forward"/>: log-odds
/// and the like, before what the loss makes of them; dropout drops nothing.
/// </para>
/// <para>
/// GRU and LSTM become the operators of these names; with a step mask, which may have gaps that those do not know, and
/// GRU-D always, they become a Scan. Nothing in the file is a program of ours.
/// </para>
/// </remarks>
public static class OnnxModel
{
    private const long IrVersion = 9;
    private const long OperatorSet = 20;
    private const int Batch = -1;

    private const string Input = "input";
    private const string StepMask = "step_mask";
    private const string Output = "output";

    /// <summary>The file of this network.</summary>
    /// <param name="description">The network.</param>
    /// <param name="parameters">Its parameter vector.</param>
    /// <param name="withStepMask">
    /// Whether the graph also takes <c>step_mask</c>, B × steps: 1 where a step counts, 0 where it is padding.
    /// </param>
    /// <exception cref="ArgumentException">
    /// The description is refused, there are more or fewer parameters than it has, or no layer reads a step mask.
    /// </exception>
    /// <exception cref="NotSupportedException">A layer has no form in ONNX; the message names it.</exception>
    public static byte[] Write(
        NetworkDescription description, ReadOnlySpan<float> parameters, bool withStepMask = false)
    {
        ArgumentNullException.ThrowIfNull(description);
        Network network = new(description);
        if (parameters.Length != network.ParameterCount)
        {
            throw new ArgumentException($"Expected {network.ParameterCount} parameters, got {parameters.Length}.");
        }

        OnnxGraph graph = new("network");
        graph.AddInput(Input, [Batch, .. ExtentsOf(network.Input)]);
        string? mask = withStepMask ? StepMask : null;
        if (mask is not null)
        {
            graph.AddInput(mask, Batch, network.Input.Steps);
        }

        OnnxLayers layers = new(graph, parameters.ToArray(), network.Input.Steps, mask);
        string last = layers.Append(description.Layers, network.Input, Input, "layers");
        if (mask is not null && !layers.ReadMask)
        {
            throw new ArgumentException("No layer of this network reads a step mask.", nameof(withStepMask));
        }

        graph.Add("Identity", [last], [Output]);
        graph.AddOutput(Output, [Batch, .. ExtentsOf(network.Output)]);
        return Model(graph);
    }

    private static int[] ExtentsOf(SampleShape shape) => shape.Kind switch
    {
        SampleKind.Vector => [shape.Features],
        SampleKind.Sequence => [shape.Steps, shape.Features],
        _ => [shape.Channels, shape.Height, shape.Width],
    };

    // ModelProto.
    private static byte[] Model(OnnxGraph graph)
    {
        ProtobufWriter operators = new();
        operators.Write(1, "");
        operators.Write(2, OperatorSet);
        ProtobufWriter model = new();
        model.Write(1, IrVersion);
        model.Write(2, "DigitalTwin");
        model.Write(7, graph.Message);
        model.Write(8, operators);
        return model.Written.ToArray();
    }
}
