using System.Text.Json.Nodes;

namespace DigitalTwin.Ledger.Encoding;

/// <summary>What a statement is about: a name and the lower-case hex SHA-256 of the named bytes.</summary>
public sealed record Subject(string Name, string Sha256);

/// <summary>One record before it is signed: an in-toto Statement v1.</summary>
/// <remarks>https://github.com/in-toto/attestation/blob/main/spec/v1/statement.md</remarks>
/// <param name="Name">
/// Record name, for example <c>round-opened</c>; the last but one part of the predicate type.
/// </param>
/// <param name="Subjects">The artefacts the record is about, at least one.</param>
/// <param name="Predicate">The fields; <c>RecordCatalogue</c> says which.</param>
public sealed record Statement(string Name, IReadOnlyList<Subject> Subjects, JsonObject Predicate)
{
    private const string Type = "https://in-toto.io/Statement/v1";
    private const string PredicatePrefix = "https://digitaltwin.dev/twin/";
    private const string PredicateVersion = "/v1";

    /// <summary>The canonical bytes that are signed.</summary>
    /// <exception cref="CanonicalJsonException">A field lies outside the canonical profile.</exception>
    public byte[] Serialize() => CanonicalJson.Serialize(new JsonObject
    {
        ["_type"] = Type,
        ["predicateType"] = PredicatePrefix + Name + PredicateVersion,
        ["subject"] = new JsonArray([.. Subjects.Select(ToJson)]),
        ["predicate"] = Predicate.DeepClone(),
    });

    /// <summary>
    /// Reads the canonical bytes of a statement; its fields are not yet checked against the catalogue.
    /// </summary>
    /// <exception cref="FormatException">The bytes are not canonical or not such a statement.</exception>
    public static Statement Parse(ReadOnlySpan<byte> utf8)
    {
        PredicateReader reader = PredicateReader.OfRoot(CanonicalJson.Parse(utf8));
        reader.Only(["_type", "predicateType", "subject", "predicate"]);
        if (reader.Text("_type") != Type)
        {
            throw new RecordFormatException("_type", $"must be {Type}.");
        }

        IReadOnlyList<Subject> subjects = [.. reader.Objects("subject").Select(SubjectOf)];
        if (subjects.Count == 0)
        {
            throw new RecordFormatException("subject", "must name at least one artefact.");
        }

        return new Statement(NameOf(reader.Text("predicateType")), subjects, reader.Object("predicate").Source);
    }

    private static Subject SubjectOf(PredicateReader reader)
    {
        reader.Only(["name", "digest"]);
        PredicateReader digest = reader.Object("digest");
        digest.Only(["sha256"]);
        return new Subject(reader.Text("name"), digest.Sha256("sha256"));
    }

    private static JsonNode ToJson(Subject subject) => new JsonObject
    {
        ["name"] = subject.Name,
        ["digest"] = new JsonObject { ["sha256"] = subject.Sha256 },
    };

    private static string NameOf(string predicateType)
    {
        bool framed = predicateType.StartsWith(PredicatePrefix, StringComparison.Ordinal)
            && predicateType.EndsWith(PredicateVersion, StringComparison.Ordinal)
            && predicateType.Length > PredicatePrefix.Length + PredicateVersion.Length;
        string name = framed ? predicateType[PredicatePrefix.Length..^PredicateVersion.Length] : "";
        return PredicateReader.IsIdentifier(name)
            ? name
            : throw new RecordFormatException("predicateType", $"must be {PredicatePrefix}<name>{PredicateVersion}.");
    }
}
