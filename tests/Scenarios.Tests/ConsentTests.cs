using System.Text.Json.Nodes;
using DigitalTwin.Cli.Auditing;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode.Consent;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Scenarios.Tests.Hosting;

namespace DigitalTwin.Scenarios.Tests;

// Goal: a patient who withdrew is in no later round, and an auditor sees so without a word from the hospital. Method:
// real hosts; north's staff gives its commands while the node stands still, their drafts go onto the ledger, and a
// study runs; then the auditor's verdict, with the proofs and without.
public sealed class ConsentTests
{
    private const StringComparison Ordinal = StringComparison.Ordinal;

    [Fact]
    public async Task A_study_runs_without_the_withdrawn_row_and_the_auditor_sees_its_absence()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync();
        RunningNode north = consortium["north"];
        await north.StopAsync();
        using (ConsentDesk desk = ConsentDesk.Open(north.Folder, TimeProvider.System))
        {
            desk.Declare("broad", "I consent."u8.ToArray(), "gdpr-9-2-a");
            desk.Batch("broad", north.Data);
            desk.Withdraw("broad", north.Data.All.RowIds[north.Data.TrainRows[0]]);
        }

        await AppendDraftsAsync(north);
        north.Start();

        StudyState study = await consortium.RunStudyAsync(StudyText.Newton("exact"));

        StudyAssert.Complete(study);
        Assert.Equal(["east", "north", "south", "west"], study.Snapshots.Keys.Order());
        Assert.All(study.Snapshots, snapshot => Assert.Equal(1, snapshot.Value.Number));
        Assert.NotNull(study.Snapshots["north"].Consent);
        string proofs = study.Snapshots["north"].Exclusions!;
        Assert.Null(study.Snapshots["south"].Exclusions);
        await consortium.AssertVerifiesAsync();
        RunningConsortium.CopyWithoutLocks(consortium["south"].Folder.Ledger, consortium.PathOf("south-copy"));
        AuditReport atAnother = AuditReport.Of(consortium.PathOf("south-copy"), consortium.Coordinator.Genesis);
        Assert.DoesNotContain(atAnother.Sentences(), sentence => sentence.Contains("exclude", Ordinal));
        Assert.True(File.Exists(Path.Combine(consortium.PathOf("south-copy"), "blobs", proofs)));

        File.Delete(Path.Combine(consortium.PathOf("audit"), "blobs", proofs));
        AuditReport incomplete = AuditReport.Of(consortium.PathOf("audit"), consortium.Coordinator.Genesis);

        Assert.False(incomplete.Passed);
        Assert.Contains(
            incomplete.Sentences(),
            sentence => sentence.Contains("(snapshot 1 of study exact by north) does not show", Ordinal)
                && sentence.Contains(proofs, Ordinal));
    }

    private static async Task AppendDraftsAsync(RunningNode node)
    {
        using MemberSession session = new(node.Folder);
        foreach (string path in Directory.EnumerateFiles(node.Folder.Outbox).Order(StringComparer.Ordinal))
        {
            JsonNode draft = CanonicalJson.Parse(await File.ReadAllBytesAsync(path));
            await session.FollowUntilAsync(replica => replica.Members.Hospitals().Count == 4
                && session.Network.IsCaughtUp);
            await session.Network.AppendAsync(
                new Draft(draft["record"]!.GetValue<string>(), (JsonObject)draft["fields"]!), CancellationToken.None);
        }
    }
}
