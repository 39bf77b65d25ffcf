using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Records;
using static DigitalTwin.Ledger.Records.RecordCatalogue;

namespace DigitalTwin.Ledger.Members;

/// <summary>The rules of the records that change who the members are.</summary>
internal static class MemberJudgement
{
    /// <summary>Null where the record is fine or is about something else.</summary>
    public static Refusal? Of(Statement record, Standing standing, Func<string, long> lastDataOf)
    {
        PredicateReader fields = new(record.Predicate);
        string author = fields.Object("actor").Identifier("id");
        string? reason = record.Name switch
        {
            MemberAdmitted => Admission(fields, standing.Members),
            MemberProposed => Proposing(fields, standing.Members),
            Vote => Voting(fields, author, standing.Members),
            PolicyChanged => DataHead(fields, standing) ?? Carried(fields, ProposalAction.Policy, standing.Members),
            MemberSuspended => Ending(fields, ProposalAction.Suspend, standing, lastDataOf),
            MemberReinstated => Ending(fields, ProposalAction.Reinstate, standing, lastDataOf),
            MemberRemoved => Ending(fields, ProposalAction.Remove, standing, lastDataOf),
            KeyCompromised => Ending(fields, ProposalAction.ReplaceKeys, standing, lastDataOf),
            KeyRotated => Rotation(fields, author, standing, lastDataOf),
            _ => null,
        };
        return reason is null ? null
            : record.Name == MemberAdmitted ? new Refusal("admission", reason)
            : new Refusal("members", reason);
    }

    private static string? Admission(PredicateReader fields, MemberBook members)
    {
        string id = fields.Identifier("member");
        Role role = RoleNames.Read(fields, "memberRole");
        MemberKeys keys = MemberKeys.Read(fields);
        if (members.Current(id) is not null)
        {
            return $"{id} is a member already.";
        }

        if (role == Role.Hospital && keys.Witness is null)
        {
            return $"The hospital {id} has no witness key, so it could never cosign.";
        }

        // One key of two members would let one of them speak, connect or cosign as the other.
        if (members.IsTaken(keys))
        {
            return $"A key of {id} is another member's key.";
        }

        if (!fields.Has("proposal"))
        {
            return members.IsFounded
                ? $"{id} needs the votes of the hospitals: the first study was approved, so nobody admits alone."
                : null;
        }

        return Carried(fields, ProposalAction.Admit, members)
            ?? (members.FindProposal(fields.Identifier("proposal")) is { } voted && voted.MemberRole == role
                && voted.Keys.Identity.AsSpan().SequenceEqual(keys.Identity)
                    ? null
                    : $"{id} is admitted with another role or identity key than the hospitals voted for.");
    }

    private static string? Proposing(PredicateReader fields, MemberBook members)
    {
        string id = fields.Identifier("proposal");
        if (members.FindProposal(id) is not null)
        {
            return $"There is a proposal {id} already.";
        }

        ProposalAction action = Proposal.ActionOf(fields.Text("action"));
        MemberKeys keys = MemberKeys.Read(fields);
        (bool Member, bool Role, bool Keys, bool Trusted, bool Policy) asked = (
            action != ProposalAction.Policy, action == ProposalAction.Admit,
            action is ProposalAction.Admit or ProposalAction.ReplaceKeys, action == ProposalAction.ReplaceKeys,
            action == ProposalAction.Policy);
        (bool, bool, bool, bool, bool) given = (fields.Has("member"), fields.Has("memberRole"), !keys.IsEmpty,
            fields.Has("lastTrusted"), fields.Has("policy"));
        if (asked != given || (action == ProposalAction.Admit && keys.Identity is null))
        {
            return $"A proposal to {fields.Text("action")} names other things than it needs.";
        }

        return asked.Member ? Concerned(fields.Identifier("member"), action, keys, members) : null;
    }

    private static string? Concerned(string id, ProposalAction action, MemberKeys keys, MemberBook members)
    {
        Member? member = members.Current(id);
        if (action == ProposalAction.Admit)
        {
            return member is not null ? $"{id} is, or was, a member."
                : members.IsTaken(keys) ? $"A key of {id} is another member's key." : null;
        }

        if (member is null || member.Role == Role.Coordinator || member.Status == MemberStatus.Removed)
        {
            return $"{id} is no member that a vote can change.";
        }

        return action == ProposalAction.ReplaceKeys && members.IsTaken(keys, id)
            ? $"A new key of {id} was in use before."
            : null;
    }

    private static string? Voting(PredicateReader fields, string author, MemberBook members)
    {
        string id = fields.Identifier("proposal");
        return members.FindProposal(id) is not { } proposal ? $"There is no proposal {id}."
            : proposal.IsExecuted ? $"Proposal {id} is carried out already."
            : !proposal.Electorate.Contains(author) ? $"{author} has no vote on proposal {id}."
            : proposal.Votes.ContainsKey(author) ? $"{author} has voted on proposal {id} already."
            : fields.Timestamp("ts") > proposal.Expires ? $"Proposal {id} expired on {proposal.Expires:u}."
            : null;
    }

    private static string? Carried(PredicateReader fields, ProposalAction action, MemberBook members)
    {
        string id = fields.Identifier("proposal");
        if (members.FindProposal(id) is not { } proposal || proposal.Action != action
            || (fields.Has("member") && proposal.Member != fields.Identifier("member"))
            || (fields.Has("policy") && proposal.Policy != fields.Sha256("policy")))
        {
            return $"Proposal {id} is about something else.";
        }

        return proposal.IsExecuted ? $"Proposal {id} is carried out already."
            : proposal.IsCarried(members.IsDeciding) ? null
            : $"Proposal {id} has too few votes: {proposal.Needed} of {proposal.Electorate.Count} hospitals are "
                + "needed.";
    }

    private static string? Ending(
        PredicateReader fields, ProposalAction action, Standing standing, Func<string, long> lastDataOf)
    {
        string id = fields.Identifier("member");
        MemberStatus? status = standing.Members.Current(id)?.Status;
        bool fits = action switch
        {
            ProposalAction.Suspend => status == MemberStatus.Active,
            ProposalAction.Reinstate => status == MemberStatus.Suspended,
            _ => status is MemberStatus.Active or MemberStatus.Suspended,
        };
        if (!fits)
        {
            return $"{id} is no member of which this can be said.";
        }

        return Carried(fields, action, standing.Members)
            ?? (action == ProposalAction.ReplaceKeys ? Replaced(fields, id, standing.Members) : null)
            ?? DataHead(fields, standing)
            ?? Overtaken(fields, id, lastDataOf);
    }

    private static string? Replaced(PredicateReader fields, string id, MemberBook members)
    {
        Proposal proposal = members.FindProposal(fields.Identifier("proposal"))!;
        PredicateReader trusted = fields.Object("lastTrusted");
        return MemberKeys.Read(fields).Equals(proposal.Keys)
            && proposal.LastTrusted == new LastTrusted(trusted.Integer("authorization"), trusted.Integer("data"))
                ? null
                : $"The keys of {id} are replaced otherwise than the hospitals voted.";
    }

    private static string? Rotation(
        PredicateReader fields, string author, Standing standing, Func<string, long> lastDataOf)
    {
        MemberKeys keys = MemberKeys.Read(fields);
        if (keys.IsEmpty || standing.Members.IsTaken(keys, author))
        {
            return keys.IsEmpty ? "It names no new key." : $"A new key of {author} was in use before.";
        }

        Member member = standing.Members.Current(author)!;
        return KeyRotation.Refuses(fields, standing.Members.Consortium!, member)
            ?? DataHead(fields, standing)
            ?? Overtaken(fields, author, lastDataOf);
    }

    private static string? DataHead(PredicateReader fields, Standing standing)
    {
        PredicateReader head = fields.Object("dataHead");
        long size = head.Integer("size");
        if (standing.Data is not { } data || (size > data.Size && standing.DataFollows))
        {
            return null;
        }

        return size <= data.Size && data.RootAt(size) == MerkleHash.Parse(head.Text("root"))
            ? null
            : $"It names a head of {size} entries of the data log that this log does not have.";
    }

    private static string? Overtaken(PredicateReader fields, string member, Func<string, long> lastDataOf)
    {
        long size = fields.Object("dataHead").Integer("size");
        return lastDataOf(member) < size
            ? null
            : $"{member} wrote data record {lastDataOf(member)} behind the {size} records that this change "
                + "leaves to it.";
    }
}
