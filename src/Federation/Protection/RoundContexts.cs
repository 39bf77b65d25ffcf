using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Protection;

/// <summary>What the secrets of a round are bound to: everybody derives the same from the ledger.</summary>
internal static class RoundContexts
{
    private const string CeremonyDomain = "DigitalTwin/threshold-key-ceremony/v1";
    private const string SumDomain = "DigitalTwin/encrypted-sum/v1";

    // Checking a cohort's keys takes a curve operation each, and keys no longer change once all have joined.
    private static readonly ConditionalWeakTable<RoundState, RoundContext> Masks = [];

    /// <summary>The context of masks and of the shares of their secrets, for a round that all have joined.</summary>
    /// <exception cref="CohortException">A key is malformed or offered twice.</exception>
    public static RoundContext OfMasks(StudyState study, RoundState round)
    {
        if (!Masks.TryGetValue(round, out RoundContext? context))
        {
            context = NewOfMasks(study, round);
            Masks.AddOrUpdate(round, context);
        }

        return context;
    }

    /// <summary>32 bytes: the common random polynomial and the sealed key shares of a key ceremony.</summary>
    public static byte[] OfCeremony(StudyState study, RoundState round)
    {
        JsonObject keys = [];
        foreach ((string site, JoinedKeys joined) in round.Keys)
        {
            keys[site] = Convert.ToHexStringLower(joined.ShareKey!);
        }

        return Digest(study, round, CeremonyDomain, keys);
    }

    /// <summary>32 bytes: the re-randomisation of the sum of a round's survivors before it is decrypted.</summary>
    public static byte[] OfEncryptedSum(StudyState study, RoundState round)
    {
        JsonObject addends = [];
        foreach (string site in round.Survivors)
        {
            addends[site] = round.Commitments[site];
        }

        return Digest(study, round, SumDomain, addends);
    }

    private static RoundContext NewOfMasks(StudyState study, RoundState round) => new(
        study.Name,
        (ulong)round.Number,
        (uint)round.Attempt,
        study.Document,
        round.BaseModel,
        round.Keys.ToDictionary(
            pair => pair.Key,
            pair => new PublicRoundKeys(pair.Value.MaskKey!, pair.Value.ShareKey!),
            StringComparer.Ordinal));

    // Canonical JSON has one encoding per value, so no two contexts share a digest.
    private static byte[] Digest(StudyState study, RoundState round, string domain, JsonObject members) =>
        SHA256.HashData(CanonicalJson.Serialize(new JsonObject
        {
            ["attempt"] = round.Attempt,
            ["baseModel"] = round.BaseModel,
            ["domain"] = domain,
            ["members"] = members,
            ["plan"] = study.Document,
            ["round"] = round.Number,
            ["study"] = study.Name,
        }));
}
