using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Kernels;

/// <summary>The nodes of a round whose shares are dealt, and one node whose secrets can be drawn anew.</summary>
internal sealed class BenchmarkRound
{
    private readonly Dictionary<string, MaskingSecrets> _secrets;
    private readonly Dictionary<string, HeldShares> _held = [];

    internal BenchmarkRound(int nodes)
    {
        _secrets = Enumerable.Range(0, nodes)
            .Select(node => $"hospital-{node:000}")
            .ToDictionary(name => name, MaskingSecrets.Generate);
        Context = Of(_secrets);
        Bundles = _secrets.ToDictionary(pair => pair.Key, pair => pair.Value.Deal(Context));
    }

    internal RoundContext Context { get; }

    internal Dictionary<string, byte[]> Bundles { get; }

    /// <summary>Secrets that have dealt in <see cref="RenewedContext"/> and have not masked.</summary>
    internal MaskingSecrets Renewed { get; private set; } = null!;

    internal RoundContext RenewedContext { get; private set; } = null!;

    /// <summary>Wipes all secrets.</summary>
    internal void End()
    {
        foreach (MaskingSecrets secrets in _secrets.Values)
        {
            secrets.Dispose();
        }

        foreach (HeldShares held in _held.Values)
        {
            held.Dispose();
        }

        Renewed?.Dispose();
    }

    internal void Renew()
    {
        Renewed?.Dispose();
        string name = Context.Cohort[0];
        Renewed = MaskingSecrets.Generate(name);
        RenewedContext = Of(new Dictionary<string, MaskingSecrets>(_secrets) { [name] = Renewed });
        Renewed.Deal(RenewedContext);
    }

    /// <summary>Everybody accepts all shares, then the survivors reveal theirs.</summary>
    internal Dictionary<string, byte[]> Reveal(IReadOnlyCollection<string> survivors)
    {
        foreach ((string name, MaskingSecrets secrets) in _secrets)
        {
            _held.Add(name, secrets.Accept(Context, Bundles));
        }

        return survivors.ToDictionary(name => name, name => _held[name].Reveal(Context, survivors));
    }

    private static RoundContext Of(Dictionary<string, MaskingSecrets> secrets) => new(
        "bench", 1, 0, "plan", "model", secrets.ToDictionary(pair => pair.Key, pair => pair.Value.PublicKeys));
}
