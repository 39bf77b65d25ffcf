using System.Collections.Frozen;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using static DigitalTwin.Ledger.Records.FieldKind;
using static DigitalTwin.Ledger.Records.RecordForm;

namespace DigitalTwin.Ledger.Records;

/// <summary>Every type of record there is.</summary>
/// <remarks>
/// A new record is a new row of <see cref="AuthorizationRecords"/> or <see cref="DataRecords"/>, and one of
/// <see cref="RoleMatrix"/> that says who writes it; nothing else lists them.
/// </remarks>
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

    /// <summary>Name of the record that puts a change of members to the vote.</summary>
    public const string MemberProposed = "member-proposed";

    /// <summary>Name of a hospital's vote on a proposal.</summary>
    public const string Vote = "vote";

    /// <summary>Name of the record that suspends a member.</summary>
    public const string MemberSuspended = "member-suspended";

    /// <summary>Name of the record that ends a suspension.</summary>
    public const string MemberReinstated = "member-reinstated";

    /// <summary>Name of the record that removes a member.</summary>
    public const string MemberRemoved = "member-removed";

    /// <summary>Name of the record by which a member changes its own keys.</summary>
    public const string KeyRotated = "key-rotated";

    /// <summary>Name of the record that replaces keys after a vote.</summary>
    public const string KeyCompromised = "key-compromised";

    /// <summary>Name of the record that changes the consortium's policy.</summary>
    public const string PolicyChanged = "policy-changed";

    /// <summary>Name of the record of a consent text.</summary>
    public const string ConsentPolicy = "consent-policy";

    /// <summary>Name of the record that commits to consenting patients.</summary>
    public const string ConsentBatch = "consent-batch";

    /// <summary>Name of the record that withdraws one consent.</summary>
    public const string ConsentWithdrawn = "consent-withdrawn";

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
    public static IReadOnlyList<RecordDefinition> All { get; } = [.. AuthorizationRecords.All, .. DataRecords.All];

    private static readonly FrozenDictionary<string, RecordDefinition> ByName = All.ToFrozenDictionary(d => d.Name);

    // Made once: the fields of a record are asked for with every record that is read.
    private static readonly FrozenDictionary<string, IReadOnlyList<FieldDefinition>> WholeForms =
        All.ToFrozenDictionary(definition => definition.Name, WithCommon);

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
        return WholeForms.GetValueOrDefault(definition.Name) ?? WithCommon(definition);
    }

    private static IReadOnlyList<FieldDefinition> WithCommon(RecordDefinition definition)
    {
        HashSet<string> own = [.. definition.Fields.Select(field => field.Name)];
        return [.. CommonFields.Where(field => !own.Contains(field.Name)), .. definition.Fields];
    }
}
