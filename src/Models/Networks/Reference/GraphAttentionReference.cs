using System.Numerics;
using DigitalTwin.Models.Networks.Layers;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>Graph attention of one row, as its formulas stand: what the fast layer is measured against.</summary>
/// <remarks>
/// N nodes of I features, K heads of width F; parameters and formulas as in <see cref="GraphAttentionLayer"/>.
/// </remarks>
/// <param name="graph">Who looks at whom.</param>
/// <param name="width">F.</param>
/// <param name="heads">K.</param>
/// <param name="joined">Whether heads stand side by side; else they are averaged.</param>
/// <param name="parameters">W, a_source, a_target, b.</param>
/// <param name="input">N × I.</param>
internal sealed class GraphAttentionReference<T>(
    Neighbourhoods graph, int width, int heads, bool joined, T[] parameters, T[] input)
    where T : IFloatingPointIeee754<T>
{
    private readonly int _features = input.Length / graph.Nodes;
    private readonly T _negativeSlope = T.CreateChecked(GraphAttentionLayer.NegativeSlope);

    private int SourceVectors => heads * width * _features;

    private int TargetVectors => SourceVectors + (heads * width);

    private int Biases => TargetVectors + (heads * width);

    private int OutputSize => joined ? heads * width : width;

    private T Share => joined ? T.One : T.One / T.CreateChecked(heads);

    /// <summary>N × K F, or N × F where heads are averaged.</summary>
    public T[] Forward()
    {
        T[] output = new T[graph.Nodes * OutputSize];
        for (int i = 0; i < output.Length; i++)
        {
            output[i] = parameters[Biases + (i % OutputSize)];
        }

        for (int head = 0; head < heads; head++)
        {
            for (int node = 0; node < graph.Nodes; node++)
            {
                foreach ((int source, T weight, _) in Weights(head, node))
                {
                    for (int f = 0; f < width; f++)
                    {
                        output[OutputAt(node, head, f)] += Share * weight * Projected(source, head, f);
                    }
                }
            }
        }

        return output;
    }

    /// <summary>Adds to the gradients of the parameters and of the input.</summary>
    public void Backward(ReadOnlySpan<T> outputGradient, Span<T> gradient, Span<T> inputGradient)
    {
        for (int i = 0; i < outputGradient.Length; i++)
        {
            gradient[Biases + (i % OutputSize)] += outputGradient[i];
        }

        for (int head = 0; head < heads; head++)
        {
            for (int node = 0; node < graph.Nodes; node++)
            {
                NodeBackward(head, node, outputGradient, gradient, inputGradient);
            }
        }
    }

    private void NodeBackward(
        int head, int node, ReadOnlySpan<T> outputGradient, Span<T> gradient, Span<T> inputGradient)
    {
        (int Source, T Weight, T Score)[] weights = Weights(head, node);
        T[] pulls = new T[weights.Length];
        T mean = T.Zero;
        for (int i = 0; i < weights.Length; i++)
        {
            for (int f = 0; f < width; f++)
            {
                T slope = Share * outputGradient[OutputAt(node, head, f)];
                pulls[i] += slope * Projected(weights[i].Source, head, f);
                AddProjected(weights[i].Source, head, f, slope * weights[i].Weight, gradient, inputGradient);
            }

            mean += weights[i].Weight * pulls[i];
        }

        for (int i = 0; i < weights.Length; i++)
        {
            T delta = weights[i].Weight * (pulls[i] - mean) * (weights[i].Score > T.Zero ? T.One : _negativeSlope);
            for (int f = 0; f < width; f++)
            {
                int at = (head * width) + f;
                gradient[SourceVectors + at] += delta * Projected(weights[i].Source, head, f);
                gradient[TargetVectors + at] += delta * Projected(node, head, f);
                AddProjected(
                    weights[i].Source, head, f, delta * parameters[SourceVectors + at], gradient, inputGradient);
                AddProjected(node, head, f, delta * parameters[TargetVectors + at], gradient, inputGradient);
            }
        }
    }

    // For each node looked at: its number, α, and the score before LeakyReLU.
    private (int Source, T Weight, T Score)[] Weights(int head, int node)
    {
        List<(int Source, T Weight, T Score)> weights = [];
        T sum = T.Zero;
        foreach (int source in graph.SourcesOf(node))
        {
            T score = T.Zero;
            for (int f = 0; f < width; f++)
            {
                int at = (head * width) + f;
                score += (parameters[TargetVectors + at] * Projected(node, head, f))
                    + (parameters[SourceVectors + at] * Projected(source, head, f));
            }

            T exponential = T.Exp(score > T.Zero ? score : _negativeSlope * score);
            weights.Add((source, exponential, score));
            sum += exponential;
        }

        return [.. weights.Select(one => (one.Source, one.Weight / sum, one.Score))];
    }

    private T Projected(int node, int head, int f)
    {
        T sum = T.Zero;
        for (int i = 0; i < _features; i++)
        {
            sum += parameters[(((head * width) + f) * _features) + i] * input[(node * _features) + i];
        }

        return sum;
    }

    private void AddProjected(int node, int head, int f, T slope, Span<T> gradient, Span<T> inputGradient)
    {
        for (int i = 0; i < _features; i++)
        {
            int at = (((head * width) + f) * _features) + i;
            gradient[at] += slope * input[(node * _features) + i];
            inputGradient[(node * _features) + i] += slope * parameters[at];
        }
    }

    private int OutputAt(int node, int head, int f) => (node * OutputSize) + (joined ? head * width : 0) + f;
}
