using System.Security.Cryptography;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Privacy.HomomorphicEncryption;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Protection;

/// <summary>
/// A round in which the hospitals make the collective key of a study; nobody ever holds its secret half.
/// </summary>
/// <remarks>
/// The "addend" is the public key share, which needs no protection. It is committed to before any travels, so that no
/// hospital can choose its own by the others'. The key is ephemeral: it serves this study and is deleted with it.
/// </remarks>
internal sealed class KeyCeremony(string site, SecretStore secrets) : NodeProtection
{
    private readonly Dictionary<string, Dealing> _dealings = new(StringComparer.Ordinal);

    private sealed record Dealing(int Round, int Attempt, ShareKeyPair ShareKey)
    {
        public KeyDealing? Keys { get; set; }

        public byte[]? Bundle { get; set; }
    }

    /// <summary>Name under which a hospital keeps its share of the key made in this round.</summary>
    public static string NameOf(StudyState study, RoundState ceremony) =>
        $"key.{study.Name}.{ceremony.Number}.{ceremony.Attempt}";

    public override JoinedKeys Join(StudyState study, RoundState round)
    {
        if (!_dealings.TryGetValue(study.Name, out Dealing? dealing)
            || (dealing.Round, dealing.Attempt) != (round.Number, round.Attempt))
        {
            ForgetDealing(study);
            dealing = new Dealing(round.Number, round.Attempt, ShareKeyPair.Generate());
            _dealings.Add(study.Name, dealing);
        }

        return new JoinedKeys(null, dealing.ShareKey.PublicKey);
    }

    public override bool Remembers(StudyState study, RoundState round) =>
        _dealings.TryGetValue(study.Name, out Dealing? dealing)
        && (dealing.Round, dealing.Attempt) == (round.Number, round.Attempt)
        && round.Keys.TryGetValue(site, out JoinedKeys? published)
        && dealing.ShareKey.PublicKey.AsSpan().SequenceEqual(published.ShareKey);

    public override byte[] Deal(StudyState study, RoundState round)
    {
        Dealing dealing = _dealings[study.Name];
        if (dealing.Bundle is null)
        {
            ThresholdSetting setting = ThresholdSetting.Of(round);
            byte[] context = RoundContexts.OfCeremony(study, round);
            dealing.Keys = KeyDealing.Create(setting.Parameters, context, setting.Parties, site);
            dealing.Bundle = KeyShareBundle.Seal(
                setting, dealing.ShareKey, site, ShareKeysOf(round), context, dealing.Keys.ShareFor);
        }

        return dealing.Bundle;
    }

    public override IEnumerable<string> NeededToProtect(StudyState study, RoundState round) =>
        round.Dealers.Where(dealer => dealer != site).Select(dealer => round.Bundles[dealer].Sha256);

    public override byte[] Protect(
        StudyState study, RoundState round, Span<ulong> slots, Func<string, byte[]?> artefact)
    {
        Dealing dealing = _dealings[study.Name];
        ThresholdSetting setting = ThresholdSetting.Of(round);
        byte[] context = RoundContexts.OfCeremony(study, round);
        Dictionary<string, byte[]> shareKeys = ShareKeysOf(round);
        Dictionary<string, byte[]> shares = new(StringComparer.Ordinal);
        try
        {
            foreach (string dealer in setting.Parties)
            {
                shares[dealer] = dealer == site
                    ? dealing.Keys!.ShareFor(site)
                    : KeyShareBundle.Open(
                        setting, dealing.ShareKey, site, dealer, shareKeys[dealer], context,
                        artefact(round.Bundles[dealer].Sha256)
                            ?? throw new CohortException($"The share bundle of {dealer} is missing."));
            }

            using DecryptionKeyShare share = DecryptionKeyShare.Combine(
                setting.Parameters, setting.Parties, site, shares);
            byte[] exported = share.Export();
            secrets.Put(NameOf(study, round), exported);
            CryptographicOperations.ZeroMemory(exported);
        }
        finally
        {
            foreach (byte[] share in shares.Values)
            {
                CryptographicOperations.ZeroMemory(share);
            }
        }

        byte[] publicShare = dealing.Keys!.PublicShare;
        ForgetDealing(study);
        return publicShare;
    }

    public override IEnumerable<string> NeededToOpen(StudyState study, RoundState round) => [];

    public override byte[] Open(StudyState study, RoundState round, Func<string, byte[]?> artefact) =>
        throw new InvalidOperationException("Public key shares need no opening.");

    public override void Forget(StudyState study, bool all)
    {
        foreach (RoundState ceremony in study.Rounds.Where(round => round.Purpose == RoundPurpose.Keys))
        {
            // A key that a later ceremony replaced, or one that was never finished, opens nothing any more.
            if (all || ceremony.Phase == RoundPhase.Aborted
                || (ceremony.Phase == RoundPhase.Final && ceremony != study.KeyRound))
            {
                secrets.Delete(NameOf(study, ceremony));
            }
        }

        if (all)
        {
            ForgetDealing(study);
        }
    }

    public override void Dispose()
    {
        foreach (Dealing dealing in _dealings.Values)
        {
            dealing.Keys?.Dispose();
            dealing.ShareKey.Dispose();
        }

        _dealings.Clear();
    }

    private void ForgetDealing(StudyState study)
    {
        if (_dealings.Remove(study.Name, out Dealing? dealing))
        {
            dealing.Keys?.Dispose();
            dealing.ShareKey.Dispose();
        }
    }

    private static Dictionary<string, byte[]> ShareKeysOf(RoundState round) =>
        round.Keys.ToDictionary(pair => pair.Key, pair => pair.Value.ShareKey!, StringComparer.Ordinal);
}
