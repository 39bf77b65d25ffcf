using System.Security.Cryptography;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Protection;

/// <summary>Masks of Bonawitz et al. (CCS 2017): one per pair, one of its own, and shares against drop-outs.</summary>
internal sealed class MaskProtection(string site, SecretStore secrets) : NodeProtection
{
    private readonly Dictionary<(string Study, int Round, int Attempt), MaskingSecrets> _secrets = [];
    private readonly HashSet<(string Study, int Round, int Attempt)> _kept = [];

    public override JoinedKeys Join(StudyState study, RoundState round)
    {
        if (!_secrets.TryGetValue(KeyOf(study, round), out MaskingSecrets? own))
        {
            // Of one study one round is open at a time: what an earlier attempt left is of no use any more.
            ForgetMasks(study);
            own = MaskingSecrets.Generate(site);
            _secrets.Add(KeyOf(study, round), own);
        }

        return new JoinedKeys(own.PublicKeys.MaskKey, own.PublicKeys.ShareKey);
    }

    // The peers mask with the key on the ledger: under any other one the masks would not cancel.
    public override bool Remembers(StudyState study, RoundState round) =>
        _secrets.TryGetValue(KeyOf(study, round), out MaskingSecrets? own)
        && round.Keys.TryGetValue(site, out JoinedKeys? published)
        && own.PublicKeys.MaskKey.AsSpan().SequenceEqual(published.MaskKey)
        && own.PublicKeys.ShareKey.AsSpan().SequenceEqual(published.ShareKey);

    public override byte[] Deal(StudyState study, RoundState round) =>
        _secrets[KeyOf(study, round)].Deal(RoundContexts.OfMasks(study, round));

    public override IEnumerable<string> NeededToProtect(StudyState study, RoundState round) =>
        round.Dealers.Select(dealer => round.Bundles[dealer].Sha256);

    public override byte[] Protect(
        StudyState study, RoundState round, Span<ulong> slots, Func<string, byte[]?> artefact)
    {
        MaskingSecrets own = _secrets[KeyOf(study, round)];
        RoundContext context = RoundContexts.OfMasks(study, round);
        Dictionary<string, byte[]> bundles = round.Dealers.ToDictionary(
            dealer => dealer,
            dealer => artefact(round.Bundles[dealer].Sha256)
                ?? throw new CohortException($"The share bundle of {dealer} is missing."),
            StringComparer.Ordinal);
        using (HeldShares held = own.Accept(context, bundles))
        {
            // Durable before this hospital commits: from then on the others count on its shares.
            byte[] exported = held.Export();
            secrets.Put(NameOf(study, round), exported);
            CryptographicOperations.ZeroMemory(exported);
            _kept.Add(KeyOf(study, round));
        }

        own.Mask(slots, round.Terms.SlotBits, context, round.Dealers);

        // They mask once: nothing more is to be got from them, by anybody.
        ForgetMasks(study);
        return SlotCodec.Pack(slots, round.Terms.SlotBits);
    }

    public override IEnumerable<string> NeededToOpen(StudyState study, RoundState round) => [];

    public override byte[] Open(StudyState study, RoundState round, Func<string, byte[]?> artefact)
    {
        byte[] kept = secrets.Get(NameOf(study, round))
            ?? throw new CohortException("The shares of this round that this node held are gone.");
        try
        {
            using HeldShares held = HeldShares.Import(kept);
            byte[] revealed = held.Reveal(RoundContexts.OfMasks(study, round), round.Survivors);

            // The export knows which survivors it has answered for: no other answer can be got from it, ever.
            byte[] answered = held.Export();
            secrets.Put(NameOf(study, round), answered);
            CryptographicOperations.ZeroMemory(answered);
            return revealed;
        }
        finally
        {
            CryptographicOperations.ZeroMemory(kept);
        }
    }

    public override void Forget(StudyState study, bool all)
    {
        foreach (RoundState round in study.Rounds)
        {
            bool over = all || round.Phase is RoundPhase.Final or RoundPhase.Aborted;
            if (over && (_kept.Remove(KeyOf(study, round)) || all))
            {
                secrets.Delete(NameOf(study, round));
            }
        }

        if (all)
        {
            ForgetMasks(study);
        }
    }

    public override void Dispose()
    {
        foreach (MaskingSecrets own in _secrets.Values)
        {
            own.Dispose();
        }

        _secrets.Clear();
    }

    private void ForgetMasks(StudyState study)
    {
        foreach ((string, int, int) key in _secrets.Keys.Where(key => key.Study == study.Name).ToArray())
        {
            _secrets[key].Dispose();
            _secrets.Remove(key);
        }
    }

    private static (string Study, int Round, int Attempt) KeyOf(StudyState study, RoundState round) =>
        (study.Name, round.Number, round.Attempt);

    private static string NameOf(StudyState study, RoundState round) =>
        $"shares.{study.Name}.{round.Number}.{round.Attempt}";
}
