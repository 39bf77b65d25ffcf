using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>The one set of nodes whose addends a round sums, among those that dealt shares.</summary>
internal sealed class SurvivorSet
{
    private readonly HashSet<string> _survivors;

    private SurvivorSet(SharingGraph graph, byte[] contextDigest, string[] dealers, string[] survivors)
    {
        Graph = graph;
        ContextDigest = contextDigest;
        Dealers = dealers;
        Survivors = survivors;
        _survivors = new HashSet<string>(survivors, StringComparer.Ordinal);
        Digest = SHA256.HashData(
            new Transcript(Domain).Append(contextDigest).Append(dealers).Append(survivors).ToArray());
    }

    private static ReadOnlySpan<byte> Domain => "DigitalTwin/secagg/survivors/v1"u8;

    internal SharingGraph Graph { get; }

    internal byte[] ContextDigest { get; }

    /// <summary>In ordinal order.</summary>
    internal string[] Dealers { get; }

    /// <summary>In ordinal order.</summary>
    internal string[] Survivors { get; }

    /// <summary>32 bytes over context, dealers and survivors.</summary>
    internal byte[] Digest { get; }

    /// <summary>The set, once a sum over it is certain to hide each survivor.</summary>
    /// <exception cref="CohortException">
    /// It would not, a survivor has dealt no shares, or the dealers are not of the cohort.
    /// </exception>
    internal static SurvivorSet Of(
        RoundContext context,
        IReadOnlyCollection<string> dealers,
        IReadOnlyCollection<string> survivors)
    {
        byte[] contextDigest = context.Digest();
        var graph = SharingGraph.Of(context, contextDigest);
        SurvivorSet set = new(
            graph,
            contextDigest,
            graph.RequireEnough(dealers, "dealers"),
            graph.RequireEnough(survivors, "survivors"));
        foreach (string survivor in set.Survivors)
        {
            if (Array.BinarySearch(set.Dealers, survivor, StringComparer.Ordinal) < 0)
            {
                throw new CohortException($"Node {survivor} is among the survivors but has dealt no shares.");
            }
        }

        return set;
    }

    internal bool Contains(string site) => _survivors.Contains(site);

    /// <summary>Which of a dealer's secrets is to be reconstructed: one or the other, never both.</summary>
    internal ShareKind KindFor(string dealer) => Contains(dealer) ? ShareKind.SelfMask : ShareKind.MaskKey;

    /// <summary>The dealers whose shares <paramref name="holder"/> holds, in ordinal order.</summary>
    /// <remarks>Holding is mutual: both graphs are undirected.</remarks>
    internal string[] DealersHeldBy(string holder)
    {
        HashSet<string> dealers = new(Graph.HoldersOf(holder), StringComparer.Ordinal);
        return [.. Dealers.Where(dealers.Contains)];
    }
}
