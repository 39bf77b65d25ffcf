using DigitalTwin.Ledger.Encoding;
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
/// <param name="Members">Members and proposals so far.</param>
/// <param name="Authorization">The authorization log.</param>
/// <param name="Data">The data log; null where nobody has it here.</param>
/// <param name="DataFollows">Whether more of the data log is to come, as at a mirror.</param>
internal sealed record Standing(
    long Index, long AuthorizationSize, MemberBook Members, EntryLog Authorization, EntryLog? Data, bool DataFollows);

/// <summary>What an author has written so far.</summary>
/// <param name="NextSeq">The number that its next record in this log carries.</param>
/// <param name="HeadSize">The authorization head that its last record in this log named.</param>
internal readonly record struct WrittenBefore(long NextSeq, long HeadSize);

/// <summary>The rules every record of either log must keep, as one function for keeper, mirrors and verifier.</summary>
internal static class RecordJudgement
{
    /// <summary>Null where the record is fine.</summary>
    /// <param name="record">The record.</param>
    /// <param name="log">The log it is meant for.</param>
    /// <param name="standing">The state before it.</param>
    /// <param name="writtenBy">For an author: what it has written to this log.</param>
    /// <param name="lastDataOf">For a member: index of its last record in the data log, −1 where it has none.</param>
    public static Refusal? Of(
        Envelope record,
        LogKind log,
        Standing standing,
        Func<string, WrittenBefore> writtenBy,
        Func<string, long> lastDataOf)
    {
        try
        {
            record.RequireSchema();
        }
        catch (FormatException error)
        {
            return new Refusal("schema", error.Message);
        }

        RecordDefinition definition = RecordCatalogue.Find(record.Statement.Name)!;
        RecordHeader header = record.Header;
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

        WrittenBefore before = writtenBy(header.Actor.Id);
        return Author(record, header, definition, genesis, log, standing)
            ?? Head(header, genesis, standing, before.HeadSize)
            ?? Sequence(header, before.NextSeq)
            ?? (log == LogKind.Authorization ? MemberJudgement.Of(record.Statement, standing, lastDataOf) : null);
    }

    private static Refusal? Author(
        Envelope record, RecordHeader header, RecordDefinition definition, bool genesis, LogKind log, Standing standing)
    {
        Actor actor = header.Actor;
        Member? member = genesis
            ? MemberBook.Founder(new PredicateReader(record.Statement.Predicate))
            : standing.Members.At(actor.Id, header.AuthHead.Size);
        if (member is null || member.Id != actor.Id)
        {
            return new Refusal("member", $"{actor.Id} was no member at authorization size {header.AuthHead.Size}.");
        }

        if ((Standing(member) ?? Since(member, log, genesis, standing)) is string reason)
        {
            return new Refusal("member", reason);
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

    private static string? Standing(Member member) => member.IsActive
        ? null
        : $"{member.Id} is {member.Status.ToString().ToLowerInvariant()} since authorization record {member.Since}.";

    // A record rests on the stretch of the membership that its author's head shows. That stretch may have ended since:
    // on the authorization log the order is plain, on the data log the record that ended it says how far it reaches. So
    // nobody goes on under rights or keys of the past by naming an old head.
    private static string? Since(Member member, LogKind log, bool genesis, Standing standing)
    {
        if (log == LogKind.Data)
        {
            return member.DataUntil is long until && standing.Index >= until
                ? $"The rights or keys of {member.Id} changed with data record {until}, and it names an older head."
                : null;
        }

        return genesis || standing.Members.Current(member.Id)!.Since == member.Since
            ? null
            : $"The rights or keys of {member.Id} changed with authorization record "
                + $"{standing.Members.Current(member.Id)!.Since}, and it names an older head.";
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

    private static string Name(Role role) => RoleNames.TextOf(role);

    private static string Name(LogKind log) => log.ToString().ToLowerInvariant();
}
