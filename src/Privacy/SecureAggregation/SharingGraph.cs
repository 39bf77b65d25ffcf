using System.Buffers.Binary;
using DigitalTwin.Privacy.Keccak;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Who of a cohort masks with whom, and who holds shares of whose secrets.</summary>
/// <remarks>
/// <para>
/// Up to <see cref="SparseAbove"/> nodes, and above wherever <see cref="SparseGraphBounds"/> finds nothing smaller,
/// everybody with everybody (Bonawitz et al., CCS 2017). The threshold is then ⌊2n/3⌋ + 1 &gt; (n + corrupt)/2 for
/// fewer than n/3 corrupt nodes: two different survivor sets cannot both find enough holders, whatever the coordinator
/// tells whom.
/// </para>
/// <para>
/// Else a circulant (Harary) graph over labels that the digest of the context shuffles (Bell et al., CCS 2020). Its
/// threshold is above the corrupt holders of any node, but not above (holders + corrupt)/2: that only one survivor set
/// is ever answered rests on the consistency round, in which more than two thirds of the cohort sign one set.
/// </para>
/// </remarks>
public sealed class SharingGraph
{
    /// <summary>Cohorts up to this size always share completely.</summary>
    public const int SparseAbove = 32;

    private readonly string[] _cohort;
    private readonly Dictionary<string, int> _positions = new(StringComparer.Ordinal);
    private readonly SparseGraphBounds? _bounds;

    // Labels of the circulant: the node at each label, and the label of each node. The complete graph needs none.
    private readonly int[] _nodeAt = [];
    private readonly int[] _labelOf = [];

    private SharingGraph(string[] cohort, SparseGraphBounds? bounds, ReadOnlySpan<byte> contextDigest)
    {
        _cohort = cohort;
        _bounds = bounds;
        for (int i = 0; i < cohort.Length; i++)
        {
            _positions.Add(cohort[i], i);
        }

        if (bounds is not null)
        {
            _nodeAt = Shuffled(cohort.Length, contextDigest);
            _labelOf = new int[cohort.Length];
            for (int label = 0; label < cohort.Length; label++)
            {
                _labelOf[_nodeAt[label]] = label;
            }
        }
    }

    private static ReadOnlySpan<byte> Domain => "DigitalTwin/secagg/graph-labels/v1"u8;

    /// <summary>True where everybody shares with everybody.</summary>
    public bool IsComplete => _bounds is null;

    /// <summary>Neighbours of each node.</summary>
    public int Degree => _bounds?.Degree ?? _cohort.Length - 1;

    /// <summary>Shares that give a node's secret.</summary>
    public int Threshold => _bounds?.Threshold ?? (2 * _cohort.Length / 3) + 1;

    /// <summary>All nodes in ordinal order.</summary>
    internal IReadOnlyList<string> Cohort => _cohort;

    /// <summary>The same for everybody who has the same context.</summary>
    public static SharingGraph Of(RoundContext context) => Of(context, context.Digest());

    /// <summary>As <see cref="Of(RoundContext)"/>, for callers that have the digest already.</summary>
    internal static SharingGraph Of(RoundContext context, ReadOnlySpan<byte> contextDigest)
    {
        SparseGraphBounds? bounds = context.InsecureBounds
            ?? (context.Keys.Count > SparseAbove ? SparseGraphBounds.For(context.Keys.Count) : null);
        return new SharingGraph([.. context.Cohort], bounds, contextDigest);
    }

    /// <summary>Whom <paramref name="site"/> shares a mask with, without itself, in ordinal order.</summary>
    /// <exception cref="CohortException">The node is not of the cohort.</exception>
    public IReadOnlyList<string> NeighboursOf(string site)
    {
        int self = PositionOf(site);
        return [.. HoldersOf(site).Where(other => _positions[other] != self)];
    }

    /// <summary>
    /// Who holds a share of <paramref name="site"/>'s secrets: itself and its neighbours, in ordinal order. The share
    /// at position i of this list has index i + 1.
    /// </summary>
    /// <exception cref="CohortException">The node is not of the cohort.</exception>
    public IReadOnlyList<string> HoldersOf(string site)
    {
        int self = PositionOf(site);
        if (IsComplete)
        {
            return _cohort;
        }

        List<int> holders = [];
        for (int step = -Degree / 2; step <= Degree / 2; step++)
        {
            holders.Add(_nodeAt[(_labelOf[self] + step + _cohort.Length) % _cohort.Length]);
        }

        holders.Sort();
        return [.. holders.Select(position => _cohort[position])];
    }

    /// <summary>
    /// <paramref name="sites"/> in ordinal order, once it is certain that a sum over exactly these hides each of them
    /// and can be opened.
    /// </summary>
    /// <param name="sites">Dealers or survivors.</param>
    /// <param name="role">What they are called in a refusal.</param>
    /// <exception cref="CohortException">
    /// A name twice or not of the cohort, fewer than <see cref="RoundContext.MinimumCohort"/> or the threshold, or, in
    /// a sparse graph, too few in some window of labels or among some site's holders.
    /// </exception>
    internal string[] RequireEnough(IReadOnlyCollection<string> sites, string role)
    {
        HashSet<string> distinct = new(StringComparer.Ordinal);
        foreach (string site in sites)
        {
            PositionOf(site);
            if (!distinct.Add(site))
            {
                throw new CohortException($"Node {site} stands twice among the {role}.");
            }
        }

        int least = int.Max(RoundContext.MinimumCohort, Threshold);
        if (distinct.Count < least)
        {
            throw new CohortException($"{distinct.Count} {role} of {_cohort.Length} are below the least of {least}.");
        }

        if (_bounds is not null)
        {
            RequireEnoughEverywhere(distinct, role, _bounds);
        }

        return [.. distinct.Order(StringComparer.Ordinal)];
    }

    private void RequireEnoughEverywhere(HashSet<string> sites, string role, SparseGraphBounds bounds)
    {
        int nodes = _cohort.Length;
        int window = bounds.Degree / 2;
        for (int first = 0; first < nodes; first++)
        {
            int present = 0;
            for (int label = first; label < first + window; label++)
            {
                present += sites.Contains(_cohort[_nodeAt[label % nodes]]) ? 1 : 0;
            }

            if (present < bounds.WindowSurvivors)
            {
                throw new CohortException(
                    $"{present} {role} between labels {first} and {first + window} of the sharing graph are below "
                    + $"the least of {bounds.WindowSurvivors}: the sum could fall apart into smaller ones.");
            }
        }

        foreach (string site in _cohort)
        {
            int holders = HoldersOf(site).Count(sites.Contains);
            if (holders < bounds.Threshold)
            {
                throw new CohortException(
                    $"{holders} {role} hold shares of node {site}, below the threshold of {bounds.Threshold}.");
            }
        }
    }

    private int PositionOf(string site) => _positions.TryGetValue(site, out int position)
        ? position
        : throw new CohortException($"Node {site} is not of the cohort.");

    // Fisher–Yates over a stream that nobody chooses. A number from the uneven end of the range is drawn again.
    private static int[] Shuffled(int nodes, ReadOnlySpan<byte> contextDigest)
    {
        using ShakeStream stream = new(new Transcript(Domain).Append(contextDigest).ToArray());
        int[] order = [.. Enumerable.Range(0, nodes)];
        Span<byte> drawn = stackalloc byte[sizeof(uint)];
        for (int last = nodes - 1; last > 0; last--)
        {
            uint choices = (uint)last + 1;
            uint even = uint.MaxValue - (uint)((1ul << 32) % choices);
            uint number;
            do
            {
                stream.Fill(drawn);
                number = BinaryPrimitives.ReadUInt32LittleEndian(drawn);
            }
            while (number > even);

            int other = (int)(number % choices);
            (order[last], order[other]) = (order[other], order[last]);
        }

        return order;
    }
}
