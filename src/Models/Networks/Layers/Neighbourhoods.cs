using DigitalTwin.Models.Networks.Descriptions;

namespace DigitalTwin.Models.Networks.Layers;

/// <summary>For each node of a graph the nodes that it looks at, itself among them, in order.</summary>
internal sealed class Neighbourhoods
{
    private readonly int[] _starts;
    private readonly int[] _sources;

    public Neighbourhoods(int nodes, IReadOnlyList<GraphEdge> edges)
    {
        int[][] sources =
        [
            .. Enumerable.Range(0, nodes).Select(target => edges
                .Where(edge => edge.Target == target)
                .Select(edge => edge.Source)
                .Append(target)
                .Order()
                .ToArray()),
        ];
        _sources = [.. sources.SelectMany(ofNode => ofNode)];
        _starts = new int[nodes + 1];
        for (int node = 0; node < nodes; node++)
        {
            _starts[node + 1] = _starts[node] + sources[node].Length;
        }
    }

    public int Nodes => _starts.Length - 1;

    /// <summary>Edges, loops included.</summary>
    public int Edges => _sources.Length;

    /// <summary>Number of a node's first edge; its others follow.</summary>
    public int FirstEdgeOf(int node) => _starts[node];

    /// <summary>The nodes that <paramref name="node"/> looks at.</summary>
    public ReadOnlySpan<int> SourcesOf(int node) => _sources.AsSpan(_starts[node].._starts[node + 1]);
}
