using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Members;

/// <summary>Why a record may not enter a log.</summary>
/// <param name="Code">Stable word for the kind of reason.</param>
/// <param name="Reason">The sentence.</param>
internal sealed record Refusal(string Code, string Reason);

/// <summary>The state of the logs before the record that is judged.</summary>
/// <param name="Index">Index the record would get.</param>
/// <param name="AuthorizationSize">Entries of the authorization log taken in so far.</param>
/// <param name="Members">Members so far.</param>
/// <param name="Authorization">The authorization log.</param>
internal sealed record Standing(
    long Index, long AuthorizationSize, IReadOnlyDictionary<string, Member> Members, EntryLog Authorization);

/// <summary>The rules every record of either log must keep, as one function for keeper, mirrors and verifier.</summary>
internal static class RecordJudgement
{
    /// <summary>Null where the record is fine.</summary>
    /// <param name="record">The record.</param>
    /// <param name="log">The log it is meant for.</param>
    /// <param name="standing">The state before it.</param>
    /// <param name="writtenBy">
    /// For an author: the number its next record carries, and the head its last one named.
    /// </param>
    public static Refusal? Of(
        Envelope record, LogKind log, Standing standing, Func<string, (long NextSeq, long HeadSize)> writtenBy)
    {
        try
        {
            RecordCatalogue.Check(record.Statement);
        }
        catch (FormatException error)
        {
            return new Refusal("schema", error.Message);
        }

        RecordDefinition definition = RecordCatalogue.Find(record.Statement.Name)!;
        RecordHeader header = RecordHeader.Of(record.Statement);
        if (definition.Log != log)
        {
            return new Refusal("log", $"{definition.Name} belongs to the {Name(definition.Log)} log, not to this one.");
        }

        bool genesis = definition.Name == RecordCatalogue.Genesis;
        if (genesis != (log == LogKind.Authorization && standing.Index == 0))
        {
            return new Refusal("genesis", genesis
                ? "genesis must be the first record of the authorization log, and there only once."
                : "The authorization log must begin with its genesis record.");
        }

        return Author(record, header, definition, genesis ? Founder(record.Statement) : null, standing)
            ?? Head(header, genesis, standing, writtenBy(header.Actor.Id).HeadSize)
            ?? Sequence(header, writtenBy(header.Actor.Id).NextSeq)
            ?? (definition.Name == RecordCatalogue.MemberAdmitted ? Admission(record.Statement, standing) : null);
    }

    private static Refusal? Author(
        Envelope record, RecordHeader header, RecordDefinition definition, Member? founder, Standing standing)
    {
        Actor actor = header.Actor;
        Member? member = founder ?? standing.Members.GetValueOrDefault(actor.Id);
        long headSize = founder is null ? header.AuthHead.Size : 1;
        if (member is null || member.Id != actor.Id || !member.IsActiveAt(headSize))
        {
            return new Refusal("member", $"{actor.Id} was no member at authorization size {header.AuthHead.Size}.");
        }

        if (member.Role != actor.Role)
        {
            return new Refusal("role", $"{actor.Id} is a {Name(member.Role)}, not a {Name(actor.Role)}.");
        }

        if (!definition.Writers.Contains(member.Role))
        {
            return new Refusal("role", $"A {Name(member.Role)} may not write {definition.Name}.");
        }

        bool signed = actor.KeyId == record.KeyId && record.Verify(member.IdentityKey);
        return signed ? null : new Refusal("signature", $"The signature is not one of {actor.Id}'s identity key.");
    }

    private static Refusal? Head(RecordHeader header, bool genesis, Standing standing, long earlier)
    {
        long size = header.AuthHead.Size;
        if (size > standing.AuthorizationSize || size > standing.Authorization.Size || (size == 0) != genesis)
        {
            return new Refusal("auth-head",
                $"It names authorization size {size}, but {standing.AuthorizationSize} records stood before it.");
        }

        if (size < earlier)
        {
            return new Refusal("auth-head", $"It names authorization size {size}, its author had reached {earlier}.");
        }

        return standing.Authorization.RootAt(size) == header.AuthHead.Root
            ? null
            : new Refusal("auth-head", $"It names another root for authorization size {size} than the log has.");
    }

    private static Refusal? Sequence(RecordHeader header, long expected) => header.Seq == expected
        ? null
        : new Refusal("sequence", $"It is number {header.Seq} of {header.Actor.Id} in this log, "
            + $"but number {expected} was due: a record is missing, repeated or out of order.");

    private static Refusal? Admission(Statement statement, Standing standing)
    {
        PredicateReader fields = new(statement.Predicate);
        string id = fields.Identifier("member");
        string identityKey = fields.Text("identityKey");
        string tlsKey = fields.Sha256("tlsKey");
        NoteVerifierKey? witness = fields.Has("witnessKey") ? NoteVerifierKey.Parse(fields.Text("witnessKey")) : null;
        if (standing.Members.ContainsKey(id))
        {
            return new Refusal("admission", $"{id} is a member already.");
        }

        if (RoleNames.Read(fields, "memberRole") == Role.Hospital && witness is null)
        {
            return new Refusal("admission", $"The hospital {id} has no witness key, so it could never cosign.");
        }

        // One key of two members would let one of them speak, connect or cosign as the other.
        bool shared = standing.Members.Values.Any(member =>
            Convert.ToHexStringLower(member.IdentityKey) == identityKey
            || member.TlsKey == tlsKey
            || (witness is not null && member.WitnessKey is NoteVerifierKey other
                && (other.Name == witness.Name || other.PublicKey.AsSpan().SequenceEqual(witness.PublicKey))));
        return shared ? new Refusal("admission", $"A key of {id} is another member's key.") : null;
    }

    private static Member Founder(Statement statement)
    {
        PredicateReader coordinator = new PredicateReader(statement.Predicate).Object("coordinator");
        return new Member(coordinator.Identifier("id"), Role.Coordinator, coordinator.Hex("identityKey"),
            coordinator.Sha256("tlsKey"), WitnessKey: null, AdmittedAt: 0);
    }

    private static string Name(Role role) => RoleNames.TextOf(role);

    private static string Name(LogKind log) => log.ToString().ToLowerInvariant();
}
