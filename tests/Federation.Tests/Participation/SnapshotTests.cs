using System.Text.Json.Nodes;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;

namespace DigitalTwin.Federation.Tests.Participation;

// Goal: a hospital trains on the rows it committed to and on no other. Method: a consortium in which north changes what
// it offers between two rounds, or offers nothing; the model is compared with that of the same rows given plainly.
public sealed class SnapshotTests
{
    private const StringComparison Ordinal = StringComparison.Ordinal;

    private static readonly HospitalPlan[] Plans = Sites.Synthetic();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_rows_are_committed_to_before_the_round_is_joined_and_once_for_the_same_rows()
    {
        SimulatedConsortium consortium = Consortium(study => Offer(study, Plans[0].Data, "all"));

        StudyState study = await consortium.RunAsync(StudyText.Study("{ kind: newton, rounds: 2 }"), Token);

        Assert.Equal("complete", study.Closing!.Verdict);
        Assert.Equal(new CommittedSnapshot(1, Root("all"), null, null), study.Snapshots["north"]);
        string[] own = OwnRecords(consortium);
        Assert.Equal("snapshot-committed", own[1]);
        Assert.Equal("round-joined", own[2]);
        Assert.Single(own, name => name == "snapshot-committed");
    }

    [Fact]
    public async Task A_row_that_is_no_longer_offered_is_not_seen_by_any_later_round()
    {
        SiteData all = Plans[0].Data;
        SiteData fewer = all with { Train = all.Train.Select([.. Enumerable.Range(1, all.Train.Rows - 1)]) };

        // Round 1 standardises, round 2 trains on all rows; from round 3 on the first row is withdrawn.
        string withdrawn = await ModelOf(all, study => Offer(study, study.Rounds.Count < 3 ? all : fewer));
        string never = await ModelOf(all, study => Offer(study, all));

        // The node holds a file that has changed since; what it offers is the same.
        string changedFile = await ModelOf(
            all with { Train = Poisoned(all.Train) }, study => Offer(study, study.Rounds.Count < 3 ? all : fewer));
        string afterwards = await ModelOf(all, study => Offer(study, study.Rounds.Count < 4 ? all : fewer));

        Assert.Equal(withdrawn, changedFile);
        Assert.NotEqual(never, withdrawn);
        Assert.NotEqual(never, afterwards);
        Assert.NotEqual(withdrawn, afterwards);
    }

    [Fact]
    public async Task Rows_that_may_not_be_trained_on_make_the_hospital_decline_the_round()
    {
        Refusal refusal = new("consent", "The salt of policy broad is erased.");
        SimulatedConsortium consortium = Consortium(study => study.Approved
            ? new Snapshot(Plans[0].Data, Refusal: refusal)
            : new Snapshot(Plans[0].Data));

        StudyState study = await consortium.RunAsync(StudyText.Study("{ kind: newton, rounds: 1 }"), Token);

        Assert.Equal("consent: The salt of policy broad is erased.", study.Rounds[0].Declined["north"]);
        Assert.DoesNotContain("north", study.Snapshots.Keys);
        Assert.Equal(["round-declined"], OwnRecords(consortium).Where(name => name.StartsWith("round-", Ordinal)));
    }

    [Fact]
    public async Task A_study_that_is_proposed_when_no_row_may_be_trained_on_is_declined()
    {
        SimulatedConsortium consortium = Consortium(_ =>
            new Snapshot(Plans[0].Data, Refusal: new Refusal("consent", "No patient consents.")));

        StudyState study = await consortium.RunAsync(StudyText.Study("{ kind: newton, rounds: 1 }"), Token);

        Assert.Equal("consent: No patient consents.", study.Declined["north"]);
    }

    [Fact]
    public async Task The_proofs_of_who_is_not_among_the_rows_are_handed_in_before_the_round_is_joined()
    {
        byte[] proofs = [1, 2, 3];
        SimulatedConsortium? consortium = null;
        string digest = "039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81";
        consortium = Consortium(study =>
        {
            Assert.Equal(digest, consortium!["north"].Artefacts.Put(proofs));
            return Offer(study, Plans[0].Data, "all", digest);
        });

        StudyState study = await consortium.RunAsync(StudyText.Study("{ kind: newton, rounds: 1 }"), Token);

        Assert.Equal(digest, study.Snapshots["north"].Exclusions);
        Assert.Equal(proofs, consortium.Artefacts.Get(digest));
    }

    private static Snapshot Offer(StudyState study, SiteData data, string? rows = null, string? exclusions = null)
    {
        rows ??= data.Train.Rows.ToString(System.Globalization.CultureInfo.InvariantCulture);
        CommittedSnapshot? last = study.Snapshots.GetValueOrDefault("north");
        if (last?.Rows == Root(rows))
        {
            return new Snapshot(data, Exclusions: exclusions);
        }

        JsonObject fields = new()
        {
            ["study"] = study.Name,
            ["snapshot"] = (last?.Number ?? 0) + 1,
            ["rows"] = Root(rows),
            ["rowsBucket"] = data.RowsBucket,
            ["contract"] = Sites.Contract,
            ["schema"] = data.ContractSha256,
            ["withdrawn"] = 0,
        };
        if (exclusions is not null)
        {
            fields["exclusions"] = exclusions;
        }

        return new Snapshot(data, new Draft("snapshot-committed", fields), exclusions);
    }

    // Any 32 bytes are a root as far as the book of studies goes.
    private static string Root(string rows) =>
        Convert.ToBase64String(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(rows)));

    private static Table Poisoned(Table table)
    {
        double[] features = [.. Enumerable.Range(0, table.Rows).SelectMany(row => table.Row(row).ToArray())];
        features[0] = 90;
        return new Table(
            table.Columns, features, [.. Enumerable.Range(0, table.Rows).Select(table.Label)]);
    }

    private static SimulatedConsortium Consortium(Func<StudyState, Snapshot> snapshots) =>
        new(Sites.Contract, [Plans[0] with { Snapshots = snapshots }, .. Plans[1..]]);

    private static async Task<string> ModelOf(SiteData held, Func<StudyState, Snapshot> snapshots)
    {
        SimulatedConsortium consortium = new(
            Sites.Contract, [Plans[0] with { Data = held, Snapshots = snapshots }, .. Plans[1..]]);
        return (await consortium.RunAsync(StudyText.Study("{ kind: newton, rounds: 3 }"), Token)).LatestModel!;
    }

    private static string[] OwnRecords(SimulatedConsortium consortium) =>
    [
        .. consortium.Ledger.Records
            .Where(record => record.Statement.Predicate["actor"]!["id"]!.GetValue<string>() == "north")
            .Select(record => record.Statement.Name),
    ];
}
