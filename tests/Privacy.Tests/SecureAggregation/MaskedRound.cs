using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

/// <summary>All nodes of a round in one process, up to any step of it.</summary>
internal sealed class MaskedRound : IDisposable
{
    private readonly Dictionary<string, MaskingSecrets> _secrets;
    private readonly Dictionary<string, HeldShares> _held = [];

    /// <param name="nodes">Honest nodes.</param>
    /// <param name="insecureBounds">A sparse graph that protects nobody, or null for the true one.</param>
    /// <param name="round">Number of the round.</param>
    /// <param name="others">Keys of further nodes, whose secrets the test itself holds.</param>
    internal MaskedRound(
        int nodes,
        SparseGraphBounds? insecureBounds = null,
        ulong round = 3,
        IReadOnlyDictionary<string, PublicRoundKeys>? others = null)
    {
        _secrets = Enumerable.Range(0, nodes).Select(Name).ToDictionary(name => name, MaskingSecrets.Generate);
        Context = new RoundContext("study", round, 0, "plan", "model", Keys(others))
        {
            InsecureBounds = insecureBounds,
        };
    }

    internal RoundContext Context { get; }

    internal Dictionary<string, byte[]> Bundles { get; } = [];

    internal IReadOnlyList<string> Dealers => [.. Bundles.Keys];

    public void Dispose()
    {
        foreach (MaskingSecrets secrets in _secrets.Values)
        {
            secrets.Dispose();
        }

        foreach (HeldShares held in _held.Values)
        {
            held.Dispose();
        }
    }

    internal static string Name(int node) => $"hospital-{node:000}";

    internal static string[] Names(params IEnumerable<int> nodes) => [.. nodes.Select(Name)];

    internal MaskingSecrets Secrets(int node) => _secrets[Name(node)];

    internal HeldShares Held(string name) => _held[name];

    internal Dictionary<string, PublicRoundKeys> Keys(IReadOnlyDictionary<string, PublicRoundKeys>? others = null) =>
        _secrets.Select(pair => KeyValuePair.Create(pair.Key, pair.Value.PublicKeys))
            .Concat(others ?? new Dictionary<string, PublicRoundKeys>())
            .ToDictionary();

    /// <summary>
    /// Everybody deals, but for those that are lost before; then everybody accepts, but for the others.
    /// </summary>
    internal MaskedRound Dealt(IEnumerable<string>? lostBefore = null, IEnumerable<string>? lostAfter = null)
    {
        string[] dealers = [.. _secrets.Keys.Except(lostBefore ?? [])];
        foreach ((string name, byte[] bundle) in AtOnce(dealers, name => _secrets[name].Deal(Context)))
        {
            Bundles.Add(name, bundle);
        }

        string[] holders = [.. dealers.Except(lostAfter ?? [])];
        foreach ((string name, HeldShares held) in AtOnce(holders, name => _secrets[name].Accept(Context, Bundles)))
        {
            _held.Add(name, held);
        }

        return this;
    }

    internal ulong[] Masked(string name, ReadOnlySpan<ulong> plain, int slotBits)
    {
        ulong[] update = [.. plain];
        _secrets[name].Mask(update, slotBits, Context, Dealers);
        return update;
    }

    /// <summary>
    /// What the survivors reveal, from copies of their shares: the only way to play several survivor sets of one round.
    /// </summary>
    internal Dictionary<string, byte[]> RevealFromCopies(IReadOnlyCollection<string> survivors)
    {
        Dictionary<string, byte[]> revealed = [];
        foreach (string name in survivors)
        {
            using var copy = HeldShares.Import(_held[name].Export());
            revealed.Add(name, copy.Reveal(Context, survivors));
        }

        return revealed;
    }

    /// <summary>The sum of the masked addends of these nodes, all of them with the same plain words.</summary>
    internal ulong[] MaskedSum(IReadOnlyCollection<string> nodes, ReadOnlySpan<ulong> plain, int slotBits)
    {
        ulong[] words = [.. plain];
        ulong[] sum = new ulong[words.Length];
        foreach ((_, ulong[] masked) in AtOnce([.. nodes], name => Masked(name, words, slotBits)))
        {
            AddendSum.Add(sum, masked);
        }

        return sum;
    }

    internal Dictionary<string, byte[]> Reveal(
        IReadOnlyCollection<string> survivors,
        params IEnumerable<string> silent)
    {
        HashSet<string> quiet = [.. silent];
        return survivors
            .Where(name => !quiet.Contains(name))
            .ToDictionary(name => name, name => _held[name].Reveal(Context, survivors));
    }

    internal void Unmask(
        ulong[] sum,
        int slotBits,
        IReadOnlyCollection<string> survivors,
        IReadOnlyDictionary<string, byte[]> revealed) =>
        Unmasking.Remove(sum, slotBits, Context, Bundles, survivors, revealed);

    // Nodes are independent of each other, as they are in their hospitals.
    private static (string Name, T Result)[] AtOnce<T>(string[] names, Func<string, T> step) =>
        [.. names.AsParallel().AsOrdered().Select(name => (name, step(name)))];
}
