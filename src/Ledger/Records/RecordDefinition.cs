namespace DigitalTwin.Ledger.Records;

/// <summary>The two logs of the dual chain.</summary>
public enum LogKind
{
    /// <summary>Who may do what: members, studies, approvals.</summary>
    Authorization,

    /// <summary>What was done: rounds, contributions, sums, models.</summary>
    Data,
}

/// <summary>What a member is in the consortium.</summary>
public enum Role
{
    /// <summary>Keeps the logs and adds the sums.</summary>
    Coordinator,

    /// <summary>Contributes to rounds, witnesses and mirrors the logs.</summary>
    Hospital,

    /// <summary>Proposes studies.</summary>
    Researcher,

    /// <summary>Reads and verifies.</summary>
    Auditor,

    /// <summary>A neutral party that could cosign, such as an ethics office; it writes no record.</summary>
    Witness,
}

/// <summary>What a field may hold.</summary>
public enum FieldKind
{
    /// <summary>One line of text.</summary>
    Text,

    /// <summary>A name of a member or study, <c>[a-z0-9][a-z0-9-]{0,62}</c>.</summary>
    Identifier,

    /// <summary>A list of different identifiers.</summary>
    Identifiers,

    /// <summary>A list of texts.</summary>
    Texts,

    /// <summary>A whole number of at least 0.</summary>
    Number,

    /// <summary>A decimal number as text.</summary>
    DecimalText,

    /// <summary>The lower-case hex SHA-256 of bytes kept elsewhere; it becomes a subject of the statement.</summary>
    Digest,

    /// <summary>The lower-case hex SHA-256 that pins a key or certificate; not a subject.</summary>
    Fingerprint,

    /// <summary>A P-256 SubjectPublicKeyInfo in lower-case hex.</summary>
    PublicKey,

    /// <summary>A signature of 64 bytes in lower-case hex.</summary>
    Signature,

    /// <summary>A verifier key of a log.</summary>
    LogKey,

    /// <summary>A verifier key of a witness.</summary>
    WitnessKey,

    /// <summary>A Merkle root in base64.</summary>
    Root,

    /// <summary>A time in UTC with milliseconds.</summary>
    Time,

    /// <summary>One of the listed texts.</summary>
    Choice,

    /// <summary>An object with the listed fields.</summary>
    Group,

    /// <summary>A list of objects with the listed fields.</summary>
    Groups,
}

/// <summary>One field of a record.</summary>
/// <param name="Name">Its key.</param>
/// <param name="Kind">What it may hold.</param>
/// <param name="Required">Whether it must be there.</param>
public sealed record FieldDefinition(string Name, FieldKind Kind, bool Required = true)
{
    /// <summary>The texts of a <see cref="FieldKind.Choice"/>.</summary>
    public IReadOnlyList<string> Choices { get; init; } = [];

    /// <summary>
    /// The fields of a <see cref="FieldKind.Group"/> or of each of the <see cref="FieldKind.Groups"/>.
    /// </summary>
    public IReadOnlyList<FieldDefinition> Fields { get; init; } = [];
}

/// <summary>One type of record: where it is written, by whom, with which fields.</summary>
/// <param name="Name">Its name, the last but one part of the predicate type.</param>
/// <param name="Log">The log it belongs to.</param>
/// <param name="Writers">Roles that may write it.</param>
/// <param name="Meaning">What writing it says, as the default of the field <c>meaning</c>.</param>
/// <param name="Fields">Its own fields; the common ones are <see cref="RecordCatalogue.CommonFields"/>.</param>
public sealed record RecordDefinition(
    string Name, LogKind Log, IReadOnlyList<Role> Writers, string Meaning, IReadOnlyList<FieldDefinition> Fields);
