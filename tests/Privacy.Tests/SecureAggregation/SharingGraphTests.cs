using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: complete where few, sparse only where the bounds hold, and no choice of survivors that tears the sum apart.
// Method: degrees that Python found from exact tails, the graph's own properties, and survivor sets that a coordinator
// would choose to isolate one node.
public sealed class SharingGraphTests
{
    // A circulant of twelve nodes, four neighbours each, that is no protection but shows all the workings.
    private static readonly SparseGraphBounds InsecureSmall = new(Degree: 4, Threshold: 3, WindowSurvivors: 1);

    [Theory]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(5, 4)]
    [InlineData(6, 5)]
    [InlineData(16, 11)]
    [InlineData(32, 22)]
    [InlineData(128, 86)]
    public void A_cohort_of_hospitals_shares_completely_beyond_half_of_honest_and_corrupt(int nodes, int threshold)
    {
        string[] names = MaskedRound.Names(Enumerable.Range(0, nodes));
        var graph = SharingGraph.Of(Insecure(nodes, bounds: null));

        Assert.True(graph.IsComplete);
        Assert.Equal(nodes - 1, graph.Degree);
        Assert.Equal(threshold, graph.Threshold);
        Assert.True(2 * graph.Threshold > nodes + SparseGraphBounds.MostCorrupt(nodes));
        Assert.Equal(names, graph.HoldersOf(names[^1]));
        Assert.Equal(names[1..], graph.NeighboursOf(names[0]));
    }

    // Python, math.comb, for c = ceil(n / 3) - 1 and d = 3n // 10: the first even k whose smallest t with
    // n·P[Hyp(n-1, c, k) >= t] <= 2^-40 has n·P[Hyp(n-1, d, k) > k - t] <= 2^-30, and whose smallest s with
    // n·P[Hyp(n, c, k/2) >= s] <= 2^-40 has n·P[Hyp(n, d, k/2) > k/2 - s] <= 2^-30.
    [Theory]
    [InlineData(150, 0, 0, 0)]
    [InlineData(200, 0, 0, 0)]
    [InlineData(300, 0, 0, 0)]
    [InlineData(350, 342, 117, 91)]
    [InlineData(400, 372, 134, 99)]
    [InlineData(500, 414, 165, 110)]
    [InlineData(1000, 550, 242, 146)]
    public void The_sparse_graph_has_the_degree_that_exact_tails_allow(
        int nodes,
        int degree,
        int threshold,
        int survivors)
    {
        SparseGraphBounds? expected = degree == 0 ? null : new SparseGraphBounds(degree, threshold, survivors);

        Assert.Equal(expected, SparseGraphBounds.For(nodes));
    }

    [Fact]
    public void A_cohort_large_enough_gets_its_sparse_graph()
    {
        var graph = SharingGraph.Of(Insecure(350, bounds: null));

        Assert.False(graph.IsComplete);
        Assert.Equal(342, graph.Degree);
        Assert.Equal(117, graph.Threshold);
        Assert.Equal(343, graph.HoldersOf(MaskedRound.Name(7)).Count);
    }

    [Fact]
    public void Neighbours_are_mutual_in_ordinal_order_and_as_many_as_the_degree()
    {
        var graph = SharingGraph.Of(Insecure(12, InsecureSmall));
        foreach (string site in graph.Cohort)
        {
            IReadOnlyList<string> neighbours = graph.NeighboursOf(site);

            Assert.Equal(InsecureSmall.Degree, neighbours.Distinct().Count());
            Assert.DoesNotContain(site, neighbours);
            Assert.Equal(neighbours.Order(StringComparer.Ordinal), neighbours);
            Assert.Equal(neighbours.Append(site).Order(StringComparer.Ordinal), graph.HoldersOf(site));
            Assert.All(neighbours, other => Assert.Contains(site, graph.NeighboursOf(other)));
        }
    }

    [Fact]
    public void Labels_follow_from_the_context_and_from_nothing_else()
    {
        RoundContext context = Insecure(12, InsecureSmall);
        string Drawn(RoundContext one) =>
            string.Join(' ', one.Cohort.SelectMany(SharingGraph.Of(one).NeighboursOf));

        Assert.Equal(Drawn(context), Drawn(context with { }));

        // That two shufflings of twelve give one graph has a chance below 10^-6: twelve labels make (12 - 1)!/2 rings.
        Assert.NotEqual(Drawn(context), Drawn(context with { Round = 2 }));
    }

    [Fact]
    public void Every_node_comes_to_every_label_equally_often()
    {
        // χ² over 8 nodes' places in 1500 drawn rings of 8, seen as how often each pair are neighbours (28 pairs, each
        // expected 1500·2/7 times). The counts of pairs are correlated, so the statistic is compared with what 27
        // degrees of freedom exceed with probability below 10^-8: 90.
        RoundContext context = Insecure(8, new SparseGraphBounds(2, 2, 1));
        Dictionary<string, int> counts = [];
        for (uint attempt = 0; attempt < 1500; attempt++)
        {
            RoundContext one = context with { Attempt = attempt };
            var graph = SharingGraph.Of(one);
            foreach (string site in graph.Cohort)
            {
                foreach (string other in graph.NeighboursOf(site).Where(o => string.CompareOrdinal(site, o) < 0))
                {
                    counts[site + other] = counts.GetValueOrDefault(site + other) + 1;
                }
            }
        }

        const double Expected = 1500 * 2 / 7.0;
        Assert.Equal(28, counts.Count);
        Assert.True(counts.Values.Sum(count => (count - Expected) * (count - Expected) / Expected) < 90);
    }

    [Fact]
    public void Survivors_that_leave_a_window_of_labels_empty_are_refused()
    {
        var graph = SharingGraph.Of(Insecure(12, InsecureSmall));

        // The coordinator knows the graph and reports all neighbours of one node as lost.
        string target = graph.Cohort[5];
        string[] survivors = [.. graph.Cohort.Except(graph.NeighboursOf(target))];

        Assert.True(survivors.Length > graph.Threshold);
        Assert.Throws<CohortException>(() => graph.RequireEnough(survivors, "survivors"));
        Assert.Equal(graph.Cohort, graph.RequireEnough(graph.Cohort, "survivors"));
    }

    [Theory]
    [InlineData("two")]
    [InlineData("below the threshold")]
    [InlineData("one twice")]
    [InlineData("a stranger")]
    [InlineData("another case")]
    public void A_set_that_does_not_hide_its_nodes_is_refused(string what)
    {
        var graph = SharingGraph.Of(Insecure(7, bounds: null));
        string[] sites = what switch
        {
            "two" => [.. graph.Cohort.Take(2)],
            "below the threshold" => [.. graph.Cohort.Take(graph.Threshold - 1)],
            "one twice" => [.. graph.Cohort.Take(6), graph.Cohort[0]],
            "a stranger" => [.. graph.Cohort, "stranger"],
            _ => [.. graph.Cohort.Take(6), graph.Cohort[6].ToUpperInvariant()],
        };

        Assert.Throws<CohortException>(() => graph.RequireEnough(sites, "survivors"));
    }

    [Fact]
    public void A_cohort_below_three_is_refused_though_its_threshold_is_met()
    {
        var graph = SharingGraph.Of(Insecure(2, bounds: null));

        Assert.Throws<CohortException>(() => graph.RequireEnough(graph.Cohort, "nodes"));
        Assert.Throws<CohortException>(() => graph.NeighboursOf("stranger"));
    }

    private static RoundContext Insecure(int nodes, SparseGraphBounds? bounds) => new(
        "study", 1, 0, "plan", "model", LabelledKeys.Of(MaskedRound.Names(Enumerable.Range(0, nodes))))
    {
        InsecureBounds = bounds,
    };
}
