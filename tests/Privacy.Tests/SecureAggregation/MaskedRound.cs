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

    /// <summary>Everybody deals and accepts, but for those that are lost before.</summary>
    internal MaskedRound Dealt(params IEnumerable<string> lostBefore)
    {
        HashSet<string> lost = [.. lostBefore];
        foreach ((string name, MaskingSecrets secrets) in _secrets.Where(pair => !lost.Contains(pair.Key)))
        {
            Bundles.Add(name, secrets.Deal(Context));
        }

        foreach (string name in Bundles.Keys.Where(_secrets.ContainsKey))
        {
            _held.Add(name, _secrets[name].Accept(Context, Bundles));
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
        ulong[] sum = new ulong[plain.Length];
        foreach (string name in nodes)
        {
            AddendSum.Add(sum, Masked(name, plain, slotBits));
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
}
