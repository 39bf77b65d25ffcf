using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Records;

/// <summary>Who writes a record and under which key.</summary>
public sealed record Actor(string Id, string KeyId, Role Role);

/// <summary>
/// The authorization head that the author of a record has verified; the genesis record has <see cref="None"/>.
/// </summary>
public readonly record struct AuthHead(long Size, MerkleHash Root)
{
    /// <summary>The empty log.</summary>
    public static AuthHead None => new(0, Rfc6962.Empty);
}

/// <summary>The common fields of a record, read.</summary>
public sealed record RecordHeader(
    Actor Actor, AuthHead AuthHead, long Seq, DateTimeOffset Time, string Meaning, string? Study)
{
    /// <summary>Reads the common fields.</summary>
    /// <exception cref="RecordFormatException">One is missing or malformed.</exception>
    public static RecordHeader Of(Statement statement)
    {
        ArgumentNullException.ThrowIfNull(statement);
        PredicateReader reader = new(statement.Predicate);
        PredicateReader actor = reader.Object("actor");
        PredicateReader head = reader.Object("authHead");
        return new RecordHeader(
            new Actor(actor.Identifier("id"), actor.Sha256("keyId"), RoleNames.Read(actor, "role")),
            new AuthHead(head.Integer("size"), MerkleHash.Parse(head.Text("root"))),
            reader.Integer("seq"),
            reader.Timestamp("ts"),
            reader.Text("meaning"),
            reader.Has("study") ? reader.Identifier("study") : null);
    }
}

/// <summary>Makes statements that the catalogue accepts.</summary>
public static class RecordBuilder
{
    /// <summary>A checked statement from a record's own fields and the common ones.</summary>
    /// <param name="name">A name of the catalogue.</param>
    /// <param name="fields">The record's own fields, <c>study</c> among them; copied.</param>
    /// <param name="actor">Who writes.</param>
    /// <param name="authHead">The authorization head the author has verified.</param>
    /// <param name="seq">1, 2, 3 … per author and log.</param>
    /// <param name="time">When; kept to the millisecond.</param>
    /// <param name="meaning">What the signature says; the catalogue's sentence where it is null.</param>
    /// <exception cref="RecordFormatException">The message names the record and the field.</exception>
    public static Statement Build(
        string name,
        JsonObject fields,
        Actor actor,
        AuthHead authHead,
        long seq,
        DateTimeOffset time,
        string? meaning = null)
    {
        ArgumentNullException.ThrowIfNull(fields);
        ArgumentNullException.ThrowIfNull(actor);
        JsonObject predicate = (JsonObject)fields.DeepClone();
        predicate["actor"] = new JsonObject
        {
            ["id"] = actor.Id,
            ["keyId"] = actor.KeyId,
            ["role"] = RoleNames.TextOf(actor.Role),
        };
        predicate["authHead"] = new JsonObject
        {
            ["size"] = authHead.Size,
            ["root"] = authHead.Root.ToString(),
        };
        predicate["seq"] = seq;
        predicate["ts"] = PredicateReader.Format(time);
        predicate["meaning"] = meaning ?? RecordCatalogue.Find(name)?.Meaning;

        Statement statement = new(name, RecordCatalogue.SubjectsOf(name, predicate), predicate);
        RecordCatalogue.Check(statement);
        return statement;
    }
}
