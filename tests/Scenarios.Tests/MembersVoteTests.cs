using System.Text.Json.Nodes;
using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Scenarios.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;

namespace DigitalTwin.Scenarios.Tests;

// Goal: hospitals change who they are while studies run. Method: real hosts; what a person would ask for on the command
// line is left in the nodes' outboxes; every run ends with an audit of the whole ledger.
public sealed class MembersVoteTests
{
    [Fact]
    public async Task A_hospital_voted_out_in_mid_round_is_excused_and_its_past_stays()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        Task? vote = null;

        StudyState study = await consortium.RunStudyAsync(
            StudyText.Newton("votes-one-out", rounds: 6, deadlineSeconds: 20),
            seen => vote ??= seen.Rounds.Count == 3
                ? CarryAsync(consortium, Proposal("out", "remove", "west"), "north", "east", "south")
                : null);
        await vote!;
        Assert.Equal(MemberStatus.Removed, LedgerOf(consortium).Members.Find("west")!.Status);

        Assert.StartsWith("degraded", $"{study.Closing!.Verdict}: {study.Closing.Reason}", StringComparison.Ordinal);
        Assert.Equal(["west"], study.Dropped.Keys);
        Assert.Contains(study.Rounds, round => round.Survivors.Contains("west"));
        Assert.DoesNotContain("west", study.Rounds[^1].Participants);
        Assert.Contains(consortium["west"].Log.Lines, line =>
            line.Contains("no active member", StringComparison.Ordinal)
            || line.Contains("not pinned to an active member", StringComparison.Ordinal));
        await consortium.AssertVerifiesAsync();
    }

    [Fact]
    public async Task A_node_goes_on_under_new_keys_in_the_middle_of_a_study()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        RunningNode north = consortium["north"];
        byte[] before = LedgerOf(consortium).Members.Find("north")!.IdentityKey;
        bool asked = false;

        StudyState study = await consortium.RunStudyAsync(
            StudyText.Newton("new-keys", rounds: 5, deadlineSeconds: 20),
            seen =>
            {
                if (!asked && seen.Rounds.Count == 2)
                {
                    asked = true;
                    Ask(north, RecordCatalogue.KeyRotated, KeyChange.Prepare(north.Folder));
                }
            });

        StudyAssert.Complete(study);
        Assert.False(before.AsSpan().SequenceEqual(LedgerOf(consortium).Members.Find("north")!.IdentityKey));
        Assert.Equal(2, LedgerOf(consortium).Members.StretchesOf("north").Count);
        await consortium.AssertVerifiesAsync();
    }

    [Fact]
    public async Task After_the_first_study_a_new_member_needs_the_votes_and_the_voted_key()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        StudyAssert.Complete(await consortium.RunStudyAsync(StudyText.Newton("first", deadlineSeconds: 20)));
        MemberFolder auditor = new(consortium.PathOf("auditor"));
        EnrolmentRefusedException refused = await Assert.ThrowsAsync<EnrolmentRefusedException>(
            () => consortium.Coordinator.EnrolAsync(auditor, "auditor", Role.Auditor));
        Assert.Contains("needs the votes", refused.Message);

        JsonObject proposal = Proposal("in", "admit", "auditor");
        proposal["memberRole"] = "auditor";
        proposal["identityKey"] = Convert.ToHexStringLower(EnrolmentClient.PublicKeys(auditor, "auditor").Identity);
        await CarryAsync(consortium, proposal, "north", "east", "south");
        MemberFolder other = new(consortium.PathOf("other"));
        await Assert.ThrowsAsync<EnrolmentRefusedException>(
            () => consortium.Coordinator.EnrolAsync(other, "auditor", Role.Auditor));
        await consortium.Coordinator.EnrolAsync(auditor, "auditor", Role.Auditor);

        Assert.Equal(Role.Auditor, LedgerOf(consortium).Members.Find("auditor")!.Role);
        await consortium.AssertVerifiesAsync();
    }

    private static ConsortiumLedger LedgerOf(RunningConsortium consortium) =>
        consortium.Coordinator.Services.GetRequiredService<ConsortiumLedger>();

    private static JsonObject Proposal(string id, string action, string member) => new()
    {
        ["proposal"] = id,
        ["action"] = action,
        ["member"] = member,
        ["reason"] = "A drill.",
        ["expires"] = PredicateReader.Format(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(1)),
    };

    // Proposes at the first hospital and votes yes at each, as soon as the proposal is on the ledger.
    private static async Task CarryAsync(RunningConsortium consortium, JsonObject proposal, params string[] hospitals)
    {
        string id = proposal["proposal"]!.GetValue<string>();
        Ask(consortium[hospitals[0]], RecordCatalogue.MemberProposed, proposal);
        await UntilAsync(() => LedgerOf(consortium).Members.Proposals().Any(known => known.Id == id));
        foreach (string hospital in hospitals)
        {
            Ask(consortium[hospital], RecordCatalogue.Vote, new JsonObject
            {
                ["proposal"] = id,
                ["choice"] = "yes",
            });
        }

        await UntilAsync(() => LedgerOf(consortium).Members.Proposals().Single(known => known.Id == id) is var voted
            && (voted.IsExecuted || (voted.Action == ProposalAction.Admit && voted.Votes.Count == hospitals.Length)));
    }


    private static void Ask(RunningNode node, string record, JsonObject fields) =>
        new Outbox(node.Folder.Outbox).Put(record, fields, Role.Hospital, TimeProvider.System);

    private static async Task UntilAsync(Func<bool> condition)
    {
        using CancellationTokenSource limit = new(RunningConsortium.Patience);
        while (!condition())
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }
    }
}
