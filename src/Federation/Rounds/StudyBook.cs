using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Protection;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Rounds;

/// <summary>
/// All studies as the two logs tell them: a pure replay, equal at the coordinator, at every node and at an auditor.
/// </summary>
/// <remarks>
/// The ledger checks who may write a record; <see cref="Refuses"/> checks that it fits the sequence of its study, so
/// the order opened → joined → dealt → committed → opened sum → closed → attested → final can't be broken by anyone,
/// the coordinator included. Signatures are checked before a record comes here.
/// </remarks>
public sealed class StudyBook
{
    private readonly Dictionary<string, StudyState> _studies = new(StringComparer.Ordinal);

    public IReadOnlyCollection<StudyState> Studies => _studies.Values;

    public StudyState? Find(string name) => _studies.GetValueOrDefault(name);

    /// <summary>Why <paramref name="record"/> does not fit its study as it stands, or null.</summary>
    public string? Refuses(Statement record)
    {
        JsonObject fields = record.Predicate;
        if (!IsStudyRecord(record.Name))
        {
            return null;
        }

        string name = Text(fields, "study");
        StudyState? study = Find(name);
        if (record.Name == "study-proposed")
        {
            return study is null ? null : $"Study {name} was proposed before; choose another name.";
        }

        if (study is null)
        {
            return $"There is no study {name}.";
        }

        if (record.Name == "model-revoked")
        {
            return study.Released == Text(fields, "model") && study.Revoked is null
                ? null
                : $"Study {name} has released no such model, or it was revoked before.";
        }

        if (study.Closing is not null)
        {
            return $"Study {name} is closed.";
        }

        return record.Name switch
        {
            "study-accepted" or "study-declined" => RefusesAnswer(study, fields),
            "study-amended" => study.Approved ? $"Study {name} has started; propose another one."
                : Actor(fields) != study.Proposer ? $"Study {name} is {study.Proposer}'s."
                : Text(fields, "document") == study.Document ? null
                : $"Study {name} has another document than the one to be amended.",
            "study-approved" => RefusesApproval(study, fields),
            "study-closed" => null,
            "round-opened" => OpeningRules.Refuses(study, fields),
            "model-released" => study.LatestModel == Text(fields, "model")
                ? null
                : $"Only the newest model of study {name} that a quorum attested can be released.",
            "site-evaluated" => study.Participants.Contains(Actor(fields))
                ? null
                : $"{Actor(fields)} takes no part in {name}.",
            _ => RefusesRoundRecord(study, record.Name, fields),
        };
    }

    /// <summary>Takes over a record that <see cref="Refuses"/> had nothing against.</summary>
    /// <param name="index">Its index on its log.</param>
    public void Apply(long index, Statement record)
    {
        if (!IsStudyRecord(record.Name))
        {
            return;
        }

        JsonObject fields = record.Predicate;
        string name = Text(fields, "study");
        if (record.Name == "study-proposed")
        {
            _studies.Add(name, new StudyState(
                name, Text(fields, "title"), Text(fields, "document"), Actor(fields)));
            return;
        }

        StudyState study = _studies[name];
        switch (record.Name)
        {
            case "study-accepted":
                study.Accept(Actor(fields), new Acceptance(
                    Text(fields, "rowsBucket"), Text(fields, "prevalenceBucket"), Text(fields, "contract")));
                break;
            case "study-declined":
                study.Decline(Actor(fields), $"{Text(fields, "rule")}: {Text(fields, "reason")}");
                break;
            case "study-amended":
                study.Amend(Text(fields, "amended"));
                break;
            case "model-revoked":
                study.Revoked = ReasonOf(fields);
                break;
            case "study-approved":
                study.Approve(Texts(fields, "participants"), GrantOf(fields));
                break;
            case "study-closed":
                study.Close(new StudyClosing(Text(fields, "verdict"), ReasonOf(fields), OptionalText(fields, "model")));
                break;
            case "round-opened":
                study.Open(new RoundState(ReadTerms(fields), index));
                break;
            case "model-released":
                study.Released = Text(fields, "model");
                break;
            case "site-evaluated":
                study.Evaluate(Actor(fields), ReadEvaluation(fields));
                break;
            default:
                ApplyToRound(study, study.Current!, record.Name, fields, index);
                break;
        }
    }

    private static void ApplyToRound(StudyState study, RoundState round, string record, JsonObject fields, long index)
    {
        switch (record)
        {
            case "round-joined":
                round.Join(Actor(fields), new JoinedKeys(Key(fields, "maskKey"), Key(fields, "shareKey")), index);
                break;
            case "round-declined":
                round.Decline(Actor(fields), $"{Text(fields, "rule")}: {Text(fields, "reason")}");
                break;
            case "shares-dealt":
                round.Deal(Actor(fields), Announced(fields, "bundle"));
                break;
            case "cohort-fixed":
                round.Fix(
                    Texts(fields, "sites"),
                    fields.ContainsKey("decryptors") ? Texts(fields, "decryptors") : [],
                    index);
                DropMissing(study, fields);
                break;
            case "update-committed":
                round.Commit(Actor(fields), Text(fields, "addend"), index);
                break;
            case "sum-opened":
                round.Open(Actor(fields), Announced(fields, "opening"));
                break;
            case "round-closed":
                round.Close(
                    new RoundOutcome(
                        OutcomeRules.Read(fields, "addends"),
                        OutcomeRules.Read(fields, "openings"),
                        Text(fields, "sum"),
                        Text(fields, "model"),
                        OptionalNumber(fields, "loss")),
                    index);
                break;
            case "sum-attested":
                round.Attest(Actor(fields), new Attestation(
                    fields["wireBytes"]!.GetValue<long>(),
                    OptionalNumber(fields, "epsilon"),
                    OptionalNumber(fields, "delta")));
                break;
            case "round-final":
                round.Finish();
                break;
            case "round-aborted":
                round.Abort();
                DropMissing(study, fields);
                break;
            default:
                break;
        }
    }

    private static void DropMissing(StudyState study, JsonObject fields)
    {
        foreach (string site in Texts(fields, "missing"))
        {
            study.Drop(site, ReasonOf(fields));
        }
    }

    private static string? RefusesAnswer(StudyState study, JsonObject fields)
    {
        string site = Actor(fields);
        if (study.Accepted.ContainsKey(site) || study.Declined.ContainsKey(site))
        {
            return $"{site} has already answered study {study.Name}.";
        }

        if (study.Approved)
        {
            return $"Study {study.Name} has started; {site} answers too late.";
        }

        if (study.Document != Text(fields, "document"))
        {
            return $"{site} answers another document than the one proposed for study {study.Name}.";
        }

        // Every party computes with the bucket: one that cannot be read would stop them all.
        return OptionalText(fields, "rowsBucket") is { } bucket && RowsBucket.TryMiddle(bucket) is null
            ? $"{site} gives no row-count bucket such as 100-199."
            : null;
    }

    private static string? RefusesApproval(StudyState study, JsonObject fields)
    {
        if (study.Approved)
        {
            return $"Study {study.Name} is approved already.";
        }

        if (fields["grant"]?.AsObject() is { } grant
            && (OptionalNumber(grant, "epsilon") < 0 || OptionalNumber(grant, "delta") is < 0 or >= 1))
        {
            return $"Study {study.Name} is approved with a privacy grant that is none.";
        }

        string? stranger = Texts(fields, "participants").FirstOrDefault(site => !study.Accepted.ContainsKey(site));
        return stranger is null ? null : $"{stranger} has not accepted study {study.Name}.";
    }

    private static string? RefusesRoundRecord(StudyState study, string record, JsonObject fields)
    {
        RoundState? round = study.Current;
        if (round is null || Integer(fields, "round") != round.Number || Integer(fields, "attempt") != round.Attempt)
        {
            return $"Round {Integer(fields, "round")}, attempt {Integer(fields, "attempt")} of study {study.Name} "
                + "is not the current one.";
        }

        string site = Actor(fields);
        string? fromSite = record is "cohort-fixed" or "round-closed" or "round-final" or "round-aborted"
            or "update-rejected"
                ? null
                : round.Cohort.Contains(site) ? null : $"{site} is not in the cohort of round {round.Number}.";
        return fromSite ?? record switch
        {
            "round-joined" when round.Phase == RoundPhase.Joining && !round.Keys.ContainsKey(site) =>
                RefusesKeys(round, fields),
            "round-declined" when round.Phase != RoundPhase.Aborted => null,
            "shares-dealt" when round.Phase == RoundPhase.Sharing && !round.Bundles.ContainsKey(site) =>
                RefusesSize(fields, "share bundle", 1, ArtefactSizes.MostOfBundle(round)),
            "cohort-fixed" => CohortRules.Refuses(study, round, fields),
            "update-committed" when round.Phase == RoundPhase.Committing && !round.Commitments.ContainsKey(site) =>
                RefusesCommitment(study, round, fields),
            "sum-opened" when round.Phase == RoundPhase.Opening && !round.Openings.ContainsKey(site) =>
                RefusesOpener(round, site)
                ?? RefusesSize(fields, "opening", 1, ArtefactSizes.MostOfOpening(study, round)),
            "update-rejected" => null,
            "round-closed" when round.Phase == (round.Purpose == RoundPurpose.Keys
                ? RoundPhase.Uploading
                : RoundPhase.Opening) => OutcomeRules.Refuses(round, fields),
            "sum-attested" when round.Phase is RoundPhase.Attesting or RoundPhase.Final =>
                RefusesAttestation(round, fields),
            "round-final" when round.Phase == RoundPhase.Attesting =>
                round.Attestations.Count >= Quorum.Of(round.Participants.Count)
                    ? null
                    : $"Round {round.Number} has only {round.Attestations.Count} attestations.",

            // Once who committed is fixed, addends travel: repeating the round with a smaller cohort would let two sums
            // be subtracted from each other. From there on a round ends or the study fails.
            "round-aborted" when round.Phase is RoundPhase.Joining or RoundPhase.Sharing or RoundPhase.Committing
                || round is { Purpose: RoundPurpose.Keys, Phase: RoundPhase.Uploading } => null,
            _ => $"{record} by {site} does not fit round {round.Number} of study {study.Name}, which is {round.Phase}.",
        };
    }

    private static string? RefusesKeys(RoundState round, JsonObject fields)
    {
        bool shareKey = round.HasSharing;
        bool maskKey = round.Protection == SumProtection.Masks;
        if (fields.ContainsKey("shareKey") != shareKey || fields.ContainsKey("maskKey") != maskKey)
        {
            return $"{Actor(fields)} joins round {round.Number} with other keys than its protection asks for.";
        }

        // A key is its hospital's own: under a copy, what is sealed to one hospital is for another to read.
        byte[][] offered = [.. new[] { Key(fields, "maskKey"), Key(fields, "shareKey") }.OfType<byte[]>()];
        string? owner = round.Keys.FirstOrDefault(pair => offered.Any(key =>
            key.AsSpan().SequenceEqual(pair.Value.MaskKey) || key.AsSpan().SequenceEqual(pair.Value.ShareKey))).Key;
        return owner is null ? null : $"{Actor(fields)} joins round {round.Number} with a key of {owner}.";
    }

    // An addend is its hospital's own: a copy of another one would count it twice.
    private static string? RefusesCommitment(StudyState study, RoundState round, JsonObject fields)
    {
        string addend = Text(fields, "addend");
        string? owner = round.Commitments.FirstOrDefault(pair => pair.Value == addend).Key;
        long bytes = ArtefactSizes.OfAddend(study, round);
        return owner is null
            ? RefusesSize(fields, "addend", bytes, bytes)
            : $"{Actor(fields)} commits to the addend of {owner} in round {round.Number}.";
    }

    private static string? RefusesSize(JsonObject fields, string what, long fewest, long most) =>
        fields["bytes"]!.GetValue<long>() is var bytes && bytes >= fewest && bytes <= most
            ? null
            : $"{Actor(fields)} announces {(what[0] is 'a' or 'o' ? "an" : "a")} {what} of {bytes} bytes; "
                + (fewest == most ? $"it has {most}." : $"it has at most {most}.");

    private static string? RefusesOpener(RoundState round, string site) =>
        round.Protection == SumProtection.Masks || round.Decryptors.Contains(site)
            ? null
            : $"{site} is not among the decryptors of round {round.Number}.";

    private static string? RefusesAttestation(RoundState round, JsonObject fields) =>
        round.Attestations.ContainsKey(Actor(fields)) ? $"{Actor(fields)} has attested round {round.Number} already."
        : round.Outcome!.Sum != Text(fields, "sum") || round.Outcome.Model != Text(fields, "model")
            ? $"{Actor(fields)} attests another sum or model than round {round.Number} published."
            : null;

    private static bool IsStudyRecord(string name) =>
        RecordCatalogue.Find(name)!.Fields.Any(field => field.Name == "study");

    private static RoundTerms ReadTerms(JsonObject fields) => new(
        (int)Integer(fields, "round"),
        (int)Integer(fields, "attempt"),
        ModelState.PurposeOf(Text(fields, "purpose")),
        Text(fields, "baseModel"),
        Texts(fields, "participants"),
        StudyWords.ProtectionOf(Text(fields, "protection")),
        (int)Integer(fields, "fewest"),
        (int)Integer(fields, "words"),
        (int)Integer(fields, "slotBits"),
        OptionalNumber(fields["noise"]?.AsObject() ?? [], "sigma"))
    {
        Spend = OpeningRules.SpendOf(fields),
    };

    /// <summary>The privacy grant that <c>study-approved</c> names.</summary>
    internal static PrivacyBudget? GrantOf(JsonObject fields) => fields["grant"]?.AsObject() is { } grant
        ? new PrivacyBudget(OptionalNumber(grant, "epsilon")!.Value, OptionalNumber(grant, "delta")!.Value)
        : null;

    private static AnnouncedArtefact Announced(JsonObject fields, string name) =>
        new(Text(fields, name), fields["bytes"]!.GetValue<long>());

    private static byte[]? Key(JsonObject fields, string name) =>
        OptionalText(fields, name) is { } hex ? Convert.FromHexString(hex) : null;

    private static SiteEvaluation ReadEvaluation(JsonObject fields)
    {
        JsonObject metrics = fields["metrics"]!.AsObject();
        return new SiteEvaluation(
            OptionalNumber(metrics, "accuracy"),
            OptionalNumber(metrics, "auroc"),
            OptionalNumber(metrics, "brier"),
            OptionalNumber(metrics, "calibrationSlope"),
            Texts(fields, "flags"));
    }

    private static string Actor(JsonObject fields) => fields["actor"]!["id"]!.GetValue<string>();

    private static string Text(JsonObject fields, string name) => fields[name]!.GetValue<string>();

    private static string ReasonOf(JsonObject fields) => OptionalText(fields, "reason") ?? "";

    private static string? OptionalText(JsonObject fields, string name) => fields[name]?.GetValue<string>();

    private static double? OptionalNumber(JsonObject fields, string name) =>
        OptionalText(fields, name) is { } text ? double.Parse(text, CultureInfo.InvariantCulture) : null;

    private static long Integer(JsonObject fields, string name) => fields[name]!.GetValue<long>();

    private static string[] Texts(JsonObject fields, string name) =>
        [.. fields[name]!.AsArray().Select(item => item!.GetValue<string>())];
}
