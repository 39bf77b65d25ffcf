using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: a node masks only where the mask protects it, and a whole cohort's masks cancel. Method: whole rounds with real
// keys, then every cohort and set of keys that a dishonest coordinator could propose.
public sealed class MaskedUpdateTests
{
    private const int Words = 700;

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(9)]
    public void The_sum_of_a_whole_cohort_is_exact_and_no_addend_is_readable(int nodes)
    {
        using Hospitals hospitals = new(nodes);
        ulong[] sum = new ulong[Words];
        ulong[] expected = new ulong[Words];

        for (int node = 0; node < nodes; node++)
        {
            ulong[] plain = [.. Enumerable.Range(0, Words).Select(i => unchecked((ulong)((i - 300L) * (node + 1))))];
            ulong[] masked = [.. plain];
            hospitals.Mask(masked, node);

            // A word agrees by chance once in 2^64.
            Assert.All(plain.Zip(masked), pair => Assert.NotEqual(pair.First, pair.Second));
            AddendSum.Add(sum, masked);
            AddendSum.Add(expected, plain);
        }

        Assert.Equal(expected, sum);
    }

    [Fact]
    public void A_sum_without_one_node_stays_masked()
    {
        using Hospitals hospitals = new(4);
        ulong[] sum = new ulong[Words];
        for (int node = 0; node < 3; node++)
        {
            ulong[] masked = new ulong[Words];
            hospitals.Mask(masked, node);
            AddendSum.Add(sum, masked);
        }

        Assert.DoesNotContain(0ul, sum);
    }

    [Fact]
    public void Nodes_that_were_shown_different_models_do_not_cancel()
    {
        using Hospitals hospitals = new(3);
        ulong[] sum = new ulong[Words];
        for (int node = 0; node < 3; node++)
        {
            ulong[] masked = new ulong[Words];
            RoundContext shown = node == 1 ? hospitals.Context with { BaseModel = "trap" } : hospitals.Context;
            MaskedUpdate.Mask(masked, hospitals.Name(node), hospitals.Keys[node], hospitals.PeersOf(node), shown);
            AddendSum.Add(sum, masked);
        }

        Assert.DoesNotContain(0ul, sum);
    }

    [Fact]
    public void Keys_mask_once_per_attempt()
    {
        using Hospitals hospitals = new(3);
        hospitals.Mask(new ulong[2], 0);
        ulong[] again = [1, 2];

        Assert.Throws<CohortException>(() => hospitals.Mask(again, 0));
        Assert.Equal([1ul, 2ul], again);

        RoundContext retry = hospitals.Context with { Attempt = 1 };
        MaskedUpdate.Mask(again, hospitals.Name(0), hospitals.Keys[0], hospitals.PeersOf(0), retry);
        Assert.NotEqual(1ul, again[0]);
    }

    [Theory]
    [InlineData("two nodes")]
    [InlineData("self not in the cohort")]
    [InlineData("a peer missing")]
    [InlineData("a peer too many")]
    [InlineData("another peer")]
    [InlineData("self among the peers")]
    [InlineData("a name in another case")]
    [InlineData("one key twice")]
    [InlineData("own key")]
    [InlineData("no key")]
    public void A_cohort_that_would_not_protect_the_node_is_refused_and_the_update_left_alone(string what)
    {
        using Hospitals hospitals = new(what == "two nodes" ? 2 : 4);
        Dictionary<string, byte[]> peers = hospitals.PeersOf(0);
        string self = hospitals.Name(0);
        switch (what)
        {
            case "self not in the cohort":
                self = "stranger";
                break;
            case "a peer missing":
                peers.Remove(hospitals.Name(1));
                break;
            case "a peer too many":
                peers.Add("stranger", FreshKey());
                break;
            case "another peer":
                peers.Remove(hospitals.Name(1));
                peers.Add("stranger", FreshKey());
                break;
            case "self among the peers":
                peers.Remove(hospitals.Name(1));
                peers.Add(self, FreshKey());
                break;
            case "a name in another case":
                peers.Remove(hospitals.Name(1));
                peers.Add(hospitals.Name(1).ToUpperInvariant(), FreshKey());
                break;
            case "one key twice":
                peers[hospitals.Name(1)] = peers[hospitals.Name(2)];
                break;
            case "own key":
                peers[hospitals.Name(3)] = hospitals.Keys[0].PublicKey;
                break;
            case "no key":
                // The last one: by then the masks of the others must not have been applied.
                peers[hospitals.Name(3)] = [];
                break;
        }

        ulong[] update = [1, 2, 3];

        Assert.Throws<CohortException>(
            () => MaskedUpdate.Mask(update, self, hospitals.Keys[0], peers, hospitals.Context));
        Assert.Equal([1ul, 2ul, 3ul], update);
    }

    [Fact]
    public void A_dictionary_that_ignores_case_does_not_widen_the_cohort()
    {
        using Hospitals hospitals = new(3);
        Dictionary<string, byte[]> peers = new(StringComparer.OrdinalIgnoreCase)
        {
            [hospitals.Name(1).ToUpperInvariant()] = hospitals.Keys[1].PublicKey,
            [hospitals.Name(2)] = hospitals.Keys[2].PublicKey,
        };

        Assert.Throws<CohortException>(() => MaskedUpdate.Mask(
            new ulong[1], hospitals.Name(0), hospitals.Keys[0], peers, hospitals.Context));
    }

    private static byte[] FreshKey()
    {
        using RoundKeyPair pair = RoundKeyPair.Generate();
        return pair.PublicKey;
    }

    private sealed class Hospitals : IDisposable
    {
        internal Hospitals(int nodes)
        {
            Keys = [.. Enumerable.Range(0, nodes).Select(_ => RoundKeyPair.Generate())];
            Context = new("study", 3, 0, "plan", "model", [.. Enumerable.Range(0, nodes).Select(Name)]);
        }

        internal RoundKeyPair[] Keys { get; }

        internal RoundContext Context { get; }

        public void Dispose() => Array.ForEach(Keys, key => key.Dispose());

        internal string Name(int node) => $"hospital-{node}";

        internal Dictionary<string, byte[]> PeersOf(int self) => Enumerable.Range(0, Keys.Length)
            .Where(node => node != self)
            .ToDictionary(Name, node => Keys[node].PublicKey);

        internal void Mask(Span<ulong> update, int node) =>
            MaskedUpdate.Mask(update, Name(node), Keys[node], PeersOf(node), Context);
    }
}
