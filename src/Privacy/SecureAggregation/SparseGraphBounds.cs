using System.Collections.Concurrent;
using System.Numerics;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Degree and thresholds of the sparse graph over n nodes, from exact hypergeometric tails.</summary>
/// <remarks>
/// <para>
/// Bell et al., "Secure Single-Server Aggregation with (Poly)Logarithmic Overhead", CCS 2020, section 3: a Harary graph
/// whose labels are random is good when no node has a threshold of corrupt neighbours, enough of every node's
/// neighbours survive, and the honest survivors are connected. The union bounds below are our own restatement, and the
/// third is stricter than theirs: Bell's n·(γ + δ)^(k/2) lets chance choose who drops out, but a coordinator who knows
/// the graph would name the neighbours of one hospital as lost and read its update off the sum. Here more nodes survive
/// in every window of k/2 labels than can be corrupt in one, and every node checks that of the survivor set it is shown
/// (<see cref="SharingGraph"/>). So every window has an honest survivor, neighbouring ones of which are at most k/2
/// labels apart and share a mask: no choice of survivors splits the honest ones.
/// </para>
/// <para>
/// The labels come from the digest of the context. A corrupt node that picks its keys last can try several: each
/// halving of the failure bound costs it twice the tries.
/// </para>
/// </remarks>
/// <param name="Degree">Neighbours of each node, k; even.</param>
/// <param name="Threshold">Shares that give a secret, t.</param>
/// <param name="WindowSurvivors">The fewest survivors among any k/2 consecutive labels.</param>
internal sealed record SparseGraphBounds(int Degree, int Threshold, int WindowSurvivors)
{
    /// <summary>σ: the labels favour fewer than a third of corrupt nodes with probability at most 2^-40.</summary>
    internal const int SecurityBits = 40;

    /// <summary>η: with δ of the nodes lost at random, the round fails with probability at most 2^-30.</summary>
    internal const int CorrectnessBits = 30;

    private static readonly ConcurrentDictionary<int, SparseGraphBounds?> Known = new();

    /// <summary>The smallest that meet all bounds, or null where only the complete graph does.</summary>
    internal static SparseGraphBounds? For(int nodes) => Known.GetOrAdd(nodes, Compute);

    /// <summary>The most nodes that may be corrupt: fewer than a third (γ).</summary>
    internal static int MostCorrupt(int nodes) => ((nodes + 2) / 3) - 1;

    /// <summary>The most nodes that may be lost: three in ten (δ).</summary>
    internal static int MostLost(int nodes) => 3 * nodes / 10;

    private static SparseGraphBounds? Compute(int nodes)
    {
        int corrupt = MostCorrupt(nodes);
        int lost = MostLost(nodes);
        for (int degree = 2; degree < nodes - 1; degree += 2)
        {
            // A node's neighbours are a sample of the others; all corrupt, or all lost, may be among those.
            Hypergeometric corruptNeighbours = new(nodes - 1, corrupt, degree);
            Hypergeometric lostNeighbours = new(nodes - 1, lost, degree);
            int threshold = corruptNeighbours.SmallestWithTailBelow(nodes, SecurityBits);
            if (threshold > degree || !lostNeighbours.TailIsBelow(degree - threshold + 1, nodes, CorrectnessBits))
            {
                continue;
            }

            int window = degree / 2;
            int survivors = new Hypergeometric(nodes, corrupt, window).SmallestWithTailBelow(nodes, SecurityBits);
            Hypergeometric lostInWindow = new(nodes, lost, window);
            if (survivors <= window && lostInWindow.TailIsBelow(window - survivors + 1, nodes, CorrectnessBits))
            {
                return new SparseGraphBounds(degree, threshold, survivors);
            }
        }

        return null;
    }

    /// <summary>
    /// How many of <paramref name="marked"/> among the population are in a sample without replacement.
    /// </summary>
    /// <remarks>
    /// Whole numbers decide, so that every node finds the same graph whatever its logarithms round to.
    /// </remarks>
    private sealed class Hypergeometric(int population, int marked, int sample)
    {
        private readonly BigInteger _samples = Choose(population, sample);

        /// <summary>True where nodes · P[X ≥ count] ≤ 2^-bits.</summary>
        internal bool TailIsBelow(int count, int nodes, int bits) =>
            SmallestWithTailBelow(nodes, bits) <= count;

        /// <summary>The smallest count with nodes · P[X ≥ count] ≤ 2^-bits.</summary>
        internal int SmallestWithTailBelow(int nodes, int bits)
        {
            int most = int.Min(marked, sample);
            int least = int.Max(0, sample - (population - marked));
            BigInteger ways = Choose(marked, most) * Choose(population - marked, sample - most);
            BigInteger tail = 0;
            for (int count = most; count >= least; count--)
            {
                tail += ways;
                if ((tail * nodes) << bits > _samples)
                {
                    return count + 1;
                }

                // From C(m, c)·C(u, s − c) to the same for c − 1, exactly.
                ways = ways * count * (population - marked - sample + count)
                    / ((BigInteger)(marked - count + 1) * (sample - count + 1));
            }

            return least;
        }

        private static BigInteger Choose(int from, int taken)
        {
            BigInteger ways = 1;
            for (int i = 1; i <= taken; i++)
            {
                ways = ways * (from - taken + i) / i;
            }

            return ways;
        }
    }
}
