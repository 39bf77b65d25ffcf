using System.Text;
using DigitalTwin.Cli.Demo;
using DigitalTwin.Clinical.Synthetic;
using DigitalTwin.Coordinator;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Forks;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Scenarios.Tests.Hosting;
using DigitalTwin.TestKit;
using DigitalTwin.TestKit.Hosts;

namespace DigitalTwin.Scenarios.Tests;

// Goal: a coordinator that shows different members different things is found out, with a proof for third parties.
// Method: the coordinator's folder is copied, both copies admit another member, and one node meets both in turn.
public sealed class SplitViewTests
{
    [Fact]
    public async Task A_node_that_is_shown_two_histories_freezes_and_keeps_the_proof()
    {
        using TemporaryFolder folder = new();
        await using RunningCoordinator first = await RunningCoordinator.StartNewAsync(folder["first"]);
        MemberFolder hospital = new(folder["north"]);
        MemberIdentity identity = await first.EnrolAsync(hospital, "north", Role.Hospital);
        File.WriteAllText(hospital.Policy, DemoPolicy.Yaml);
        await first.StopAbruptlyAsync();
        RunningConsortium.CopyWithoutLocks(first.StateFolder, folder["second"]);
        await using RunningCoordinator second = RunningCoordinator.Of(folder["second"], first.Genesis);
        await first.StartAsync();
        await second.StartAsync();
        await first.EnrolAsync(new MemberFolder(folder["auditor-a"]), "auditor-a", Role.Auditor);
        await second.EnrolAsync(new MemberFolder(folder["auditor-b"]), "auditor-b", Role.Auditor);
        await using RunningNode node = new("north", hospital, DataIn(folder));

        node.Start();
        await CosignedAsync(hospital, size: 3);
        await node.StopAsync();
        hospital.Save(identity with { Coordinator = second.Members });
        node.Start();
        ForkException fork = await Assert.ThrowsAsync<ForkException>(
            () => node.Run.WaitAsync(RunningConsortium.Patience, TestContext.Current.CancellationToken));
        await node.StopAsync();

        AssertProves(fork.ProofPath, first.Folder);
        hospital.Save(identity with { Coordinator = first.Members });
        node.Start();
        await Assert.ThrowsAsync<ForkException>(
            () => node.Run.WaitAsync(RunningConsortium.Patience, TestContext.Current.CancellationToken));
    }

    // Two heads of one size with different roots, each signed by the same log: nothing else is needed to convince.
    private static void AssertProves(string path, CoordinatorFolder coordinator)
    {
        using Ed25519Key key = Ed25519Key.Load(coordinator.AuthorizationLogKey);
        ForkProof proof = ForkProof.Parse(File.ReadAllBytes(path));

        Assert.Null(proof.Refuses(NoteVerifierKey.Log("digitaltwin.dev/test/authorization", key.PublicKey)));
        Assert.Equal(
            (3, 3), (Checkpoint.Parse(proof.Smaller.Text).Size, Checkpoint.Parse(proof.Larger.Text).Size));
    }

    private static async Task CosignedAsync(MemberFolder hospital, long size)
    {
        string history = Path.Combine(hospital.AuthorizationLog, LogKeeper.CheckpointName);
        using CancellationTokenSource limit = new(RunningConsortium.Patience);
        while (!File.Exists(history)
            || Checkpoint.Parse(SignedNote.Parse(await File.ReadAllBytesAsync(history)).Text).Size < size)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }
    }

    private static LoadedData DataIn(TemporaryFolder folder)
    {
        PhiloxStream stream = new(seed: 1, stream: 0);
        SyntheticHospital north = SyntheticHospitals.HeartDisease(stream.NextUInt64)[0];
        File.WriteAllText(folder["north.csv"], north.ToCsv(), Encoding.ASCII);
        return SiteDataLoader.Load(new DataSource(folder["north.csv"], "heart-disease/v1", null, "north"));
    }
}
