using System.Collections.Frozen;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using static DigitalTwin.Ledger.Records.FieldKind;
using static DigitalTwin.Ledger.Records.LogKind;

namespace DigitalTwin.Ledger.Records;

/// <summary>Every type of record there is. A new record is a new row here; nothing else lists them.</summary>
public static class RecordCatalogue
{
    /// <summary>
    /// The rule that <c>genesis</c> fixes: cosignatures needed of n hospitals, any two quorums share an honest one.
    /// </summary>
    public const string QuorumRule = "floor(2n/3)+1";

    /// <summary>Name of the first record of an authorization log.</summary>
    public const string Genesis = "genesis";

    /// <summary>Name of the record that admits a member.</summary>
    public const string MemberAdmitted = "member-admitted";

    /// <summary>The fields of every record; <c>study</c> is required where the record's own fields name it.</summary>
    public static IReadOnlyList<FieldDefinition> CommonFields { get; } =
    [
        Nested("actor", Group, Of("id", Identifier), Of("keyId", Fingerprint), OneOf("role", [.. RoleNames.All])),
        Nested("authHead", Group, Of("size", Number), Of("root", Root)),
        Of("seq", Number),
        Of("ts", Time),
        Of("meaning", Text),
        Optional("study", Identifier),
    ];

    /// <summary>All definitions, authorization log first.</summary>
    public static IReadOnlyList<RecordDefinition> All { get; } =
    [
        By(Role.Coordinator, Authorization, Genesis, "Founds the consortium and names its keys.",
            Of("consortium", Identifier),
            Nested("coordinator", Group, Of("id", Identifier), Of("identityKey", PublicKey), Of("tlsKey", Fingerprint)),
            Nested("logs", Group, Of("authorization", LogKey), Of("data", LogKey)),
            Of("rootCertificate", Fingerprint), OneOf("quorumRule", QuorumRule)),
        By(Role.Coordinator, Authorization, MemberAdmitted, "Admits a member with its keys.",
            Of("member", Identifier), OneOf("memberRole", [.. RoleNames.All]), Of("identityKey", PublicKey),
            Of("tlsKey", Fingerprint), Optional("witnessKey", WitnessKey), Of("certificate", Fingerprint),
            Of("certificateExpires", Time)),
        By(Role.Researcher, Authorization, "study-proposed", "Asks the hospitals to run a study.",
            Study, Of("document", Digest), Of("title", Text)),
        By(Role.Hospital, Authorization, "study-accepted", "Accepts a study for this hospital's data.",
            Study, Of("document", Digest), Of("rowsBucket", Text), Of("prevalenceBucket", Text), Of("contract", Text)),
        By(Role.Hospital, Authorization, "study-declined", "Declines a study and says why.",
            Study, Of("document", Digest), Of("rule", Text), Of("reason", Text)),
        By(Role.Coordinator, Authorization, "study-approved", "Starts an accepted study with these hospitals.",
            Study, Of("document", Digest), Of("participants", Identifiers), OneOf("onMissing", "degrade", "fail")),
        By(Role.Coordinator, Data, "round-opened", "Opens a round for these hospitals.",
            Study, Round, Attempt, OneOf("purpose", "keys", "standardise", "train", "evaluate"),
            Of("baseModel", Digest), Of("participants", Identifiers), OneOf("protection", "masks", "threshold-he"),
            Of("fewest", Number), Of("words", Number), Of("slotBits", Number), Of("scaleBits", Number),
            Of("deadline", Time), Of("planDigest", Digest), new FieldDefinition("noise", Group, Required: false)
            {
                Fields =
                [
                    Of("mechanism", Text), Optional("sigma", DecimalText), Optional("clip", DecimalText),
                    Optional("sensitivity", DecimalText),
                ],
            }),
        By(Role.Hospital, Data, "round-joined", "Takes part in a round under these round keys.",
            Study, Round, Attempt, Optional("maskKey", PublicKey), Optional("shareKey", PublicKey)),
        By(Role.Hospital, Data, "round-declined", "Does not take part in a round and says why.",
            Study, Round, Attempt, Of("rule", Text), Of("reason", Text)),
        By(Role.Hospital, Data, "shares-dealt", "Deals shares of its round secrets, sealed to each holder.",
            Study, Round, Attempt, Of("bundle", Digest), Of("bytes", Number)),
        By(Role.Coordinator, Data, "cohort-fixed", "Fixes who goes on in a round and who is excused.",
            Study, Round, Attempt, OneOf("phase", "sharing", "committing", "uploading"), Of("sites", Identifiers),
            Of("missing", Identifiers), Optional("reason", Text), Optional("decryptors", Identifiers)),
        By(Role.Hospital, Data, "update-committed", "Commits to the addend it will upload.",
            Study, Round, Attempt, Of("addend", Digest), Of("commitment", Digest), Of("bytes", Number)),
        By(Role.Coordinator, Data, "update-rejected", "Refuses an addend and says why.",
            Study, Round, Attempt, Of("site", Identifier), Of("code", Text), Of("reason", Text)),
        By(Role.Hospital, Data, "sum-opened", "Gives this hospital's part in opening the sum of the fixed cohort.",
            Study, Round, Attempt, Of("opening", Digest), Of("bytes", Number)),
        By(Role.Coordinator, Data, "round-closed", "Names the addends, what opened their sum, and the next model.",
            Study, Round, Attempt, Nested("addends", Groups, Of("site", Identifier), Of("sha256", Digest)),
            Nested("openings", Groups, Of("site", Identifier), Of("sha256", Digest)),
            Of("sum", Digest), Of("model", Digest), Optional("loss", DecimalText)),
        By(Role.Coordinator, Data, "round-aborted", "Gives up a round and says why.",
            Study, Round, Attempt, Of("missing", Identifiers), Of("reason", Text)),
        By(Role.Hospital, Data, "sum-attested", "Added the addends itself and found the same sum and model.",
            Study, Round, Attempt, Of("sum", Digest), Of("model", Digest), Of("wireBytes", Number),
            Optional("epsilon", DecimalText), Optional("delta", DecimalText)),
        By(Role.Coordinator, Data, "round-final", "Declares a round final after enough attestations.",
            Study, Round, Attempt, Of("attestations", Number)),
        By(Role.Hospital, Data, "site-evaluated", "Measured a model on this hospital's data.",
            Study, Of("model", Digest), Nested("metrics", Group, Optional("accuracy", DecimalText),
                Optional("auroc", DecimalText), Optional("brier", DecimalText),
                Optional("calibrationSlope", DecimalText)),
            Of("flags", Texts)),
        By(Role.Coordinator, Data, "model-released", "Releases a model for use.",
            Study, Of("model", Digest), Optional("objective", Text)),

        // On the data log, for it ends a sequence whose every other record lies there: no mirror can see it too early.
        By(Role.Coordinator, Data, "study-closed", "Ends a study with its verdict.",
            Study, OneOf("verdict", "complete", "degraded", "failed"), Of("reason", Text),
            Optional("model", Digest), Of("rounds", Number)),
    ];

    private static readonly FrozenDictionary<string, RecordDefinition> ByName = All.ToFrozenDictionary(d => d.Name);

    private static FieldDefinition Study => Of("study", Identifier);

    private static FieldDefinition Round => Of("round", Number);

    private static FieldDefinition Attempt => Of("attempt", Number);

    /// <summary>The definition with this name, or null.</summary>
    public static RecordDefinition? Find(string name) => ByName.GetValueOrDefault(name);

    /// <summary>Whether a role may write records of this name.</summary>
    public static bool MayWrite(Role role, string name) => Find(name)?.Writers.Contains(role) ?? false;

    /// <summary>
    /// Checks every field of a statement, the common ones too, and that its subjects are those of its fields.
    /// </summary>
    /// <exception cref="RecordFormatException">The message names the record and the field.</exception>
    public static void Check(Statement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        RecordDefinition definition = Find(statement.Name)
            ?? throw new RecordFormatException("predicateType", "names no record of the catalogue.", statement.Name);
        try
        {
            FieldCheck.Group(new PredicateReader(statement.Predicate), FieldsOf(definition));
        }
        catch (RecordFormatException error)
        {
            throw new RecordFormatException(error.Field, error.Reason, statement.Name);
        }

        if (!SubjectsOf(statement.Name, statement.Predicate).SequenceEqual(statement.Subjects, null))
        {
            throw new RecordFormatException("subject", "must list the digests of the record's fields.", statement.Name);
        }
    }

    /// <summary>
    /// The subjects of a record: its digests in the order of the catalogue, or else the key of its author.
    /// </summary>
    /// <remarks>One rule for all, so that one set of fields makes one statement.</remarks>
    /// <exception cref="RecordFormatException">The fields have not the form of the catalogue.</exception>
    public static IReadOnlyList<Subject> SubjectsOf(string name, JsonObject predicate)
    {
        RecordDefinition definition = Find(name)
            ?? throw new RecordFormatException("predicateType", "names no record of the catalogue.", name);
        PredicateReader reader = new(predicate);
        List<Subject> subjects = [];
        foreach (FieldDefinition field in definition.Fields.Where(field => reader.Has(field.Name)))
        {
            if (field.Kind == Digest)
            {
                subjects.Add(new Subject(field.Name, reader.Sha256(field.Name)));
            }
            else if (field.Kind == Groups)
            {
                subjects.AddRange(reader.Objects(field.Name).Select(
                    item => new Subject($"{field.Name}/{item.Identifier("site")}", item.Sha256("sha256"))));
            }
        }

        PredicateReader actor = reader.Object("actor");
        return subjects.Count > 0 ? subjects : [new Subject(actor.Identifier("id"), actor.Sha256("keyId"))];
    }

    /// <summary>The common and own fields of a record.</summary>
    public static IReadOnlyList<FieldDefinition> FieldsOf(RecordDefinition definition)
    {
        ArgumentNullException.ThrowIfNull(definition);
        HashSet<string> own = [.. definition.Fields.Select(field => field.Name)];
        return [.. CommonFields.Where(field => !own.Contains(field.Name)), .. definition.Fields];
    }

    private static RecordDefinition By(
        Role writer, LogKind log, string name, string meaning, params FieldDefinition[] fields) =>
        new(name, log, [writer], meaning, fields);

    private static FieldDefinition Of(string name, FieldKind kind) => new(name, kind);

    private static FieldDefinition Optional(string name, FieldKind kind) => new(name, kind, Required: false);

    private static FieldDefinition OneOf(string name, params string[] choices) =>
        new(name, Choice) { Choices = choices };

    private static FieldDefinition Nested(string name, FieldKind kind, params FieldDefinition[] fields) =>
        new(name, kind) { Fields = fields };
}
