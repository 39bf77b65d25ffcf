using System.Text.Json.Nodes;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Coordinator.Ledgers;

/// <summary>The records by which the coordinator carries out what the hospitals voted for.</summary>
internal static class VotedChanges
{
    /// <summary>
    /// Whether the change needs nothing but the votes. A new member is admitted when it comes with token and keys.
    /// </summary>
    public static bool NeedsOnlyVotes(Proposal proposal) => proposal.Action != ProposalAction.Admit;

    /// <summary>The record that makes the change.</summary>
    public static Draft RecordOf(Proposal proposal, AuthHead data)
    {
        JsonObject fields = new()
        {
            ["proposal"] = proposal.Id,
            ["dataHead"] = new JsonObject
            {
                ["size"] = data.Size,
                ["root"] = data.Root.ToString(),
            },
        };
        if (proposal.Action == ProposalAction.Policy)
        {
            fields["policy"] = proposal.Policy;
            return new Draft(RecordCatalogue.PolicyChanged, fields);
        }

        fields["member"] = proposal.Member;
        if (proposal.Action == ProposalAction.ReplaceKeys)
        {
            AddKeys(fields, proposal);
        }

        return new Draft(NameOf(proposal.Action), fields);
    }

    /// <summary>
    /// What the data log says of a change: the first record that names the new members and keys as those who cosign.
    /// </summary>
    public static Draft NoteOf(string change, long index) => new("incident", new JsonObject
    {
        ["severity"] = "low",
        ["summary"] = $"{change} was carried out by authorization record {index}.",
    });

    private static string NameOf(ProposalAction action) => action switch
    {
        ProposalAction.Suspend => RecordCatalogue.MemberSuspended,
        ProposalAction.Reinstate => RecordCatalogue.MemberReinstated,
        ProposalAction.Remove => RecordCatalogue.MemberRemoved,
        ProposalAction.ReplaceKeys => RecordCatalogue.KeyCompromised,
        _ => throw new ArgumentOutOfRangeException(nameof(action), action, "No record carries this out."),
    };

    private static void AddKeys(JsonObject fields, Proposal proposal)
    {
        LastTrusted trusted = proposal.LastTrusted!.Value;
        fields["lastTrusted"] = new JsonObject
        {
            ["authorization"] = trusted.Authorization,
            ["data"] = trusted.Data,
        };
        if (proposal.Keys.Identity is { } identity)
        {
            fields["identityKey"] = Convert.ToHexStringLower(identity);
        }

        if (proposal.Keys.Witness is { } witness)
        {
            fields["witnessKey"] = witness.ToString();
        }

        if (proposal.Keys.Tls is { } tls)
        {
            fields["tlsKey"] = tls;
        }
    }
}
