using System.Text.Json.Nodes;
using DigitalTwin.Federation.Protection;

namespace DigitalTwin.Federation.Rounds;

/// <summary>What a <c>cohort-fixed</c> record may say: every party holds the coordinator to it.</summary>
/// <remarks>
/// The record is the consistency check of Bonawitz et al. (CCS 2017, figure 4, round 3): hospitals act on it only under
/// a checkpoint that a quorum has cosigned, so two sets of survivors can't both be acted upon.
/// </remarks>
internal static class CohortRules
{
    /// <summary>The word for a phase on the ledger.</summary>
    public static string WordOf(RoundPhase phase) => phase.ToString().ToLowerInvariant();

    /// <summary>Why a record does not fit, or null.</summary>
    public static string? Refuses(StudyState study, RoundState round, JsonObject fields)
    {
        string phase = fields["phase"]!.GetValue<string>();
        string[] sites = Texts(fields, "sites");
        string[] missing = Texts(fields, "missing");
        if (phase != WordOf(round.Phase)
            || round is { Purpose: Algorithms.RoundPurpose.Keys, Phase: not RoundPhase.Sharing })
        {
            return $"A cohort of {phase} can't be fixed in round {round.Number}, which is {round.Phase}.";
        }

        string? both = sites.FirstOrDefault(missing.Contains);
        if (both is not null)
        {
            return $"{both} is listed both as present and as missing in round {round.Number}.";
        }

        if (sites.Length + missing.Length != round.Cohort.Count || !sites.Concat(missing).All(round.Cohort.Contains))
        {
            return $"Present and missing hospitals of round {round.Number} are not those that were in it.";
        }

        if (sites.Length < round.Terms.Fewest)
        {
            return $"Round {round.Number} goes on with at least {round.Terms.Fewest} hospitals, "
                + $"not with {sites.Length}.";
        }

        string? silent = sites.FirstOrDefault(site => !(round.Phase == RoundPhase.Sharing
            ? round.Bundles.ContainsKey(site)
            : round.Commitments.ContainsKey(site)));
        return silent is not null
            ? $"{silent} goes on in round {round.Number} without having {(round.Phase == RoundPhase.Sharing
                ? "dealt shares"
                : "committed")}."
            : RefusesDecryptors(study, round, sites, fields);
    }

    private static string? RefusesDecryptors(StudyState study, RoundState round, string[] sites, JsonObject fields)
    {
        bool needed = round is { Protection: Studies.SumProtection.ThresholdEncryption, Phase: RoundPhase.Uploading };
        string[] decryptors = fields.ContainsKey("decryptors") ? Texts(fields, "decryptors") : [];
        if (decryptors.Length > 0 != needed || !decryptors.All(sites.Contains))
        {
            return $"The decryptors of round {round.Number} are not a part of its survivors.";
        }

        int threshold = needed ? ThresholdSetting.ThresholdOf(study.KeyRound!) : 0;
        return decryptors.Length == threshold
            ? null
            : $"The sum of round {round.Number} takes {threshold} decryptors, not {decryptors.Length}.";
    }

    private static string[] Texts(JsonObject fields, string name) =>
        [.. fields[name]!.AsArray().Select(item => item!.GetValue<string>())];
}
