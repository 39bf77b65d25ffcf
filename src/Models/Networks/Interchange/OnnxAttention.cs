using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Layers;

namespace DigitalTwin.Models.Networks.Interchange;

/// <summary>Attention as basic ONNX operators.</summary>
/// <remarks>
/// Who is not looked at gets a score far below all others before the softmax and the weight 0 after it, so that a row
/// with nothing to look at takes in nothing.
/// </remarks>
internal sealed class OnnxAttention(OnnxGraph graph, OnnxTensors tensors, Layer layer)
{
    private const float Hidden = -1e30f;

    private readonly int _steps = layer.Input.Steps;
    private readonly int _features = layer.Input.Features;

    /// <summary>Self-attention of the steps of <paramref name="value"/>, B × T × E.</summary>
    public string OfSteps(SelfAttention described, string value, string? mask)
    {
        int size = _features / described.Heads;
        string projected = Projected(value, "in_proj_weight", "in_proj_bias", 3 * _features);
        string[] parts = [graph.CreateName(), graph.CreateName(), graph.CreateName()];
        graph.Add(
            "Split", [projected], parts, OnnxAttribute.Of("axis", 2), OnnxAttribute.Of("num_outputs", parts.Length));
        string queries = Heads(parts[0], described.Heads, size, 0, 2, 1, 3);
        string keys = Heads(parts[1], described.Heads, size, 0, 2, 3, 1);
        string values = Heads(parts[2], described.Heads, size, 0, 2, 1, 3);
        string scores = graph.Add(
            "Mul", [graph.Add("MatMul", [queries, keys]), graph.AddTensor([1 / MathF.Sqrt(size)])]);
        string? seen = mask is null
            ? null
            : graph.ToBooleans(graph.Add("Unsqueeze", [mask, graph.AddIntegers(1, 2)]));
        string mixed = graph.Add("MatMul", [Softmax(scores, seen, 3), values]);
        string joined = graph.Add(
            "Reshape",
            [
                graph.Add("Transpose", [mixed], OnnxAttribute.All("perm", 0, 2, 1, 3)),
                graph.AddIntegers(0, _steps, _features),
            ]);
        return Projected(joined, "out_proj.weight", "out_proj.bias", _features);
    }

    /// <summary>Graph attention of the nodes of <paramref name="value"/>, B × N × I.</summary>
    public string OfNodes(GraphAttention described, string value, string? mask)
    {
        int all = described.Heads * described.Width;
        string product = graph.Add("MatMul", [value, Matrix("lin.weight", all)]);
        string projected = graph.Add(
            "Reshape", [product, graph.AddIntegers(0, _steps, described.Heads, described.Width)]);
        string scores = graph.Add(
            "LeakyRelu",
            [graph.Add("Add", [Scores("att_dst", 2), Scores("att_src", 1)])],
            OnnxAttribute.Of("alpha", GraphAttentionLayer.NegativeSlope));

        // B × targets × sources × heads.
        string weights = Softmax(scores, Seen(described, mask), 2);
        string mixed = graph.Add(
            "MatMul",
            [
                graph.Add("Transpose", [weights], OnnxAttribute.All("perm", 0, 3, 1, 2)),
                graph.Add("Transpose", [projected], OnnxAttribute.All("perm", 0, 2, 1, 3)),
            ]);
        string heads = described.HeadOutputs == HeadOutputs.Averaged
            ? graph.Add("ReduceMean", [mixed, graph.AddIntegers(1)], OnnxAttribute.Of("keepdims", 0))
            : graph.Add(
                "Reshape",
                [
                    graph.Add("Transpose", [mixed], OnnxAttribute.All("perm", 0, 2, 1, 3)),
                    graph.AddIntegers(0, _steps, all),
                ]);
        return graph.Add("Add", [heads, graph.AddTensor(tensors["bias"], layer.Output.Features)]);

        string Scores(string vectors, long axis)
        {
            string terms = graph.Add(
                "Mul",
                [projected, graph.AddTensor(tensors[vectors], described.Heads, described.Width)]);
            string sums = graph.Add("ReduceSum", [terms, graph.AddIntegers(3)], OnnxAttribute.Of("keepdims", 0));
            return graph.Add("Unsqueeze", [sums, graph.AddIntegers(axis)]);
        }
    }

    // Who looks at whom, 1 or B × targets × sources × 1.
    private string Seen(GraphAttention described, string? mask)
    {
        Neighbourhoods neighbours = new(_steps, described.Edges);
        bool[] adjacent = new bool[_steps * _steps];
        for (int target = 0; target < _steps; target++)
        {
            foreach (int source in neighbours.SourcesOf(target))
            {
                adjacent[(target * _steps) + source] = true;
            }
        }

        string edges = graph.AddBooleans(adjacent, 1, _steps, _steps, 1);
        return mask is null
            ? edges
            : graph.Add(
                "And", [edges, graph.ToBooleans(graph.Add("Unsqueeze", [mask, graph.AddIntegers(1, 3)]))]);
    }

    private string Softmax(string scores, string? seen, int axis)
    {
        string shown = seen is null ? scores : graph.Add("Where", [seen, scores, graph.AddTensor([Hidden])]);
        string weights = graph.Add("Softmax", [shown], OnnxAttribute.Of("axis", axis));
        return seen is null ? weights : graph.Add("Mul", [weights, graph.ToFloats(seen)]);
    }

    private string Heads(string value, int heads, int size, params ReadOnlySpan<long> order) => graph.Add(
        "Transpose",
        [graph.Add("Reshape", [value, graph.AddIntegers(0, _steps, heads, size)])],
        OnnxAttribute.All("perm", order));

    private string Projected(string value, string weight, string bias, int width) => graph.Add(
        "Add",
        [graph.Add("MatMul", [value, Matrix(weight, width)]), graph.AddTensor(tensors[bias], width)]);

    private string Matrix(string weight, int width) =>
        graph.AddTensor(OnnxTensors.Transposed(tensors[weight], width), _features, width);
}
