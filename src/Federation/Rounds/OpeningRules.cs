using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Privacy.HomomorphicEncryption;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Rounds;

/// <summary>What a <c>round-opened</c> record may say, whatever the study's document asks for.</summary>
/// <remarks>
/// That the round is the one which the document asks for is each hospital's own check. Here stands what every party
/// that replays the ledger relies on: a record that passes can be computed with.
/// </remarks>
internal static class OpeningRules
{
    /// <summary>Slots of the longest statistic: 1 GiB of 64-bit slots, thirteen times ten million parameters.</summary>
    public const int MostWords = 1 << 27;

    private const int MostSlotBits = 64;

    /// <summary>Why a record does not fit, or null.</summary>
    public static string? Refuses(StudyState study, JsonObject fields)
    {
        (int number, int attempt) = study.NextRound;
        if (study.Current is { Phase: not (RoundPhase.Final or RoundPhase.Aborted) } open)
        {
            return $"Round {open.Number} of study {study.Name} is still open.";
        }

        if (Integer(fields, "round") != number || Integer(fields, "attempt") != attempt)
        {
            return $"The next round of study {study.Name} is {number}, attempt {attempt}.";
        }

        if (fields["planDigest"]!.GetValue<string>() != study.Document)
        {
            return $"Round {number} of study {study.Name} follows another plan than the approved one.";
        }

        string[] participants = [.. fields["participants"]!.AsArray().Select(item => item!.GetValue<string>())];
        string? stranger = participants.FirstOrDefault(site => !study.Active.Contains(site));
        if (stranger is not null)
        {
            return $"{stranger} takes no part in study {study.Name}.";
        }

        // Below this, a coordinator with a third of the hospitals could open two sums of one round.
        if (Integer(fields, "fewest") < Quorum.Of(participants.Length)
            || Integer(fields, "fewest") > participants.Length)
        {
            return $"Round {number} of {participants.Length} hospitals opens its sum for at least "
                + $"{Quorum.Of(participants.Length)} survivors, not for {Integer(fields, "fewest")}.";
        }

        string baseModel = fields["baseModel"]!.GetValue<string>();
        return study.LatestModel is { } latest && latest != baseModel
            ? $"Round {number} of study {study.Name} starts from another model than the last attested one."
            : RefusesSizes(fields, number) ?? RefusesKeys(study, fields, participants) ?? RefusesSpend(study, fields);
    }

    /// <summary>What a record says about the privacy its round spends; null where it says nothing.</summary>
    public static ProjectedSpend? SpendOf(JsonObject fields)
    {
        double Number(string name) =>
            double.Parse(fields["spend"]![name]!.GetValue<string>(), CultureInfo.InvariantCulture);
        return fields["spend"] is null
            ? null
            : new ProjectedSpend(Number("epsilonBefore"), Number("epsilonAfter"), Number("delta"));
    }

    // The grant is what the hospitals accepted; nobody can open a round beyond it, whatever its plan says.
    private static string? RefusesSpend(StudyState study, JsonObject fields)
    {
        bool trains = ModelState.PurposeOf(fields["purpose"]!.GetValue<string>()) == RoundPurpose.Train;
        ProjectedSpend? spend = SpendOf(fields);
        if ((study.Grant is not null && trains) != spend is not null)
        {
            return $"Round {Integer(fields, "round")} says "
                + (spend is null
                    ? "nothing about the privacy it spends."
                    : "that it spends privacy that nobody granted.");
        }

        if (study.Grant is not { } grant || spend is not { } next)
        {
            return null;
        }

        return next.EpsilonBefore >= 0 && next.EpsilonBefore <= next.EpsilonAfter
            && next.EpsilonAfter <= grant.Epsilon && next.Delta <= grant.Delta
                ? null
                : FormattableString.Invariant(
                    $"Round {Integer(fields, "round")} would bring ε to {next.EpsilonAfter} at δ = {next.Delta}; ")
                    + FormattableString.Invariant($"the study was granted ε = {grant.Epsilon}, δ = {grant.Delta}.");
    }

    private static string? RefusesSizes(JsonObject fields, int number)
    {
        (long words, long slotBits) = (Integer(fields, "words"), Integer(fields, "slotBits"));
        return words <= MostWords && slotBits is >= 1 and <= MostSlotBits
            ? null
            : $"Round {number} asks for {words} slots of {slotBits} bits; at most {MostWords} slots of 1 to "
                + $"{MostSlotBits} bits can be summed.";
    }

    private static string? RefusesKeys(StudyState study, JsonObject fields, string[] participants)
    {
        RoundPurpose purpose = ModelState.PurposeOf(fields["purpose"]!.GetValue<string>());
        SumProtection protection = StudyWords.ProtectionOf(fields["protection"]!.GetValue<string>());
        long number = Integer(fields, "round");
        if (purpose == RoundPurpose.Keys)
        {
            return protection != SumProtection.ThresholdEncryption
                ? $"Round {number} makes a key, which {StudyWords.NameOf(protection)} do not need."
                : participants.Length is >= RoundContext.MinimumCohort and <= ThresholdParameters.MostParties
                    ? null
                    : $"Round {number} makes a key of {participants.Length} hospitals; it takes "
                        + $"{RoundContext.MinimumCohort} to {ThresholdParameters.MostParties}.";
        }

        if (protection != SumProtection.ThresholdEncryption)
        {
            return null;
        }

        string? keyless = study.KeyRound is { } ceremony
            ? participants.FirstOrDefault(site => !ceremony.Participants.Contains(site))
            : participants[0];
        return keyless is null ? null : $"{keyless} has no share of a key that round {number} could encrypt under.";
    }

    private static long Integer(JsonObject fields, string name) => fields[name]!.GetValue<long>();
}
