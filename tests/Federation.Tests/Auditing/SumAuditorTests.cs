using System.Text.Json.Nodes;
using DigitalTwin.Federation.Auditing;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Federation.Tests.Auditing;

// Goal: an auditor with a copy of the ledger finds what a coordinator or a hospital got wrong, and nothing in an honest
// run. Method: whole simulated studies, written to disk with one thing altered.
public sealed class SumAuditorTests
{
    private const string PrivateGradient = "{ kind: gradient, rounds: 3 }";

    [Theory]
    [InlineData("{ kind: newton }", StudyText.WithoutPrivacy, 0)]
    [InlineData(PrivateGradient, StudyText.EpsilonOne, 16)]
    public async Task An_honest_study_has_no_finding(string algorithm, string privacy, int epsilons)
    {
        (SimulatedConsortium consortium, StudyState study) = await Run(algorithm, privacy);

        SumAudit audit = Audit(consortium, consortium.Ledger.Records);

        Assert.Empty(audit.Findings);
        Assert.Equal(study.Rounds.Count, audit.Rounds);
        Assert.Equal(4 * study.Rounds.Count, audit.Addends);
        Assert.Equal(epsilons, audit.Epsilons);
    }

    [Fact]
    public async Task An_audit_leaves_the_copy_as_it_was()
    {
        (SimulatedConsortium consortium, _) = await Run("{ kind: newton }", StudyText.WithoutPrivacy);
        using LedgerFolder folder = new(consortium.Ledger.Records, consortium.Artefacts.All.Values);
        string unfinished = Path.Combine(folder.FullPath, "blobs", "unfinished.tmp");
        File.WriteAllText(unfinished, "of another process");

        Assert.Empty(SumAuditor.Run(folder.FullPath).Findings);

        Assert.True(File.Exists(unfinished));
    }

    [Theory]
    [InlineData("sum", "the addends give the sum")]
    [InlineData("model", "the sum gives the model")]
    public async Task An_altered_sum_or_model_is_named(string field, string finding)
    {
        (SimulatedConsortium consortium, _) = await Run(PrivateGradient, StudyText.EpsilonOne);
        SimulatedRecord[] records = Altered(consortium, "round-closed", fields => fields[field] = new string('a', 64));

        SumAudit audit = Audit(consortium, records);

        AuditFinding first = audit.Findings[0];
        Assert.Equal((LogKind.Data, records.First(Is("round-closed")).Index), (first.Log, first.Index));
        Assert.Equal(field, first.Code);
        Assert.Contains(finding, first.Message, StringComparison.Ordinal);
        Assert.Contains(audit.Findings, later => later.Message.Contains("attests another", StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_altered_addend_is_named()
    {
        (SimulatedConsortium consortium, StudyState study) = await Run(PrivateGradient, StudyText.EpsilonOne);
        string digest = study.Rounds[0].Outcome!.Addends["north"];
        using LedgerFolder folder = new(
            consortium.Ledger.Records, consortium.Artefacts.All.Where(pair => pair.Key != digest).Select(
                pair => pair.Value));

        SumAudit audit = SumAuditor.Run(folder.FullPath);

        Assert.Contains($"The addend of north, {digest}, is missing.", audit.Findings.Single().Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Another_hospitals_addend_in_place_of_ones_own_is_named()
    {
        (SimulatedConsortium consortium, _) = await Run(PrivateGradient, StudyText.EpsilonOne);
        SimulatedRecord[] records = Altered(consortium, "round-closed", fields =>
        {
            JsonArray addends = fields["addends"]!.AsArray();
            addends[0]!["sha256"] = addends[1]!["sha256"]!.GetValue<string>();
        });

        Assert.Contains(
            "holds another addend of east than the one it committed to",
            Audit(consortium, records).Findings[0].Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0.5")]
    [InlineData(null)]
    public async Task A_wrong_or_missing_epsilon_is_named(string? epsilon)
    {
        (SimulatedConsortium consortium, _) = await Run(PrivateGradient, StudyText.EpsilonOne);
        SimulatedRecord[] records = Altered(consortium, "sum-attested", fields =>
        {
            fields.Remove("epsilon");
            if (epsilon is not null)
            {
                fields["epsilon"] = epsilon;
            }
        });

        SumAudit audit = Audit(consortium, records);
        AuditFinding finding = Assert.Single(audit.Findings);

        Assert.Equal("epsilon", finding.Code);
        Assert.Equal(finding.Index, audit.Spent.Single(spent => !spent.Agrees).Index);
        string site = records.First(Is("sum-attested")).Statement.Predicate["actor"]!["id"]!.GetValue<string>();
        Assert.StartsWith($"{site} reports ε = {epsilon ?? "NaN"}; 1 releases cost ", finding.Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("sum-attested", "epsilonBefore", "0.25", "reports ε before the round = 0.25; 0 releases cost 0.")]
    [InlineData("round-opened", "spend.epsilonAfter", "9", "would bring ε to 9")]
    [InlineData("round-opened", "spend.epsilonAfter", "0.1", "computed again: 0 to ")]
    [InlineData("round-opened", "spend.epsilonBefore", "0.1", "brings ε from 0.1")]
    [InlineData("round-opened", "spend.delta", "0.5", "would bring ε to ")]
    [InlineData("study-approved", "grant.epsilon", "2", "another privacy grant than its document")]
    [InlineData("study-approved", "grant.epsilon", "0.1", "the study was granted ε = 0.1")]
    public async Task What_a_round_says_about_the_budget_is_computed_again(
        string record, string field, string value, string sentence)
    {
        (SimulatedConsortium consortium, _) = await Run(PrivateGradient, StudyText.EpsilonOne);
        string[] path = field.Split('.');
        SimulatedRecord[] records = Altered(consortium, record, fields =>
            (path.Length == 1 ? fields : fields[path[0]]!.AsObject())[path[^1]] = value);

        Assert.Contains(Audit(consortium, records).Findings, finding =>
            finding.Message.Contains(sentence, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("study-approved", "grant", "that nobody granted")]
    [InlineData("round-opened", "spend", "nothing about the privacy it spends")]
    public async Task A_private_round_says_what_it_spends_of_what_grant(string record, string field, string sentence)
    {
        (SimulatedConsortium consortium, _) = await Run(PrivateGradient, StudyText.EpsilonOne);
        SimulatedRecord[] records = Altered(consortium, record, fields => fields.Remove(field));

        Assert.Contains(Audit(consortium, records).Findings, finding =>
            finding.Message.Contains(sentence, StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_hospital_that_missed_an_attestation_is_not_accused_of_a_wrong_epsilon()
    {
        // Its addend of round 1 is in the sum, so its next report rightly counts two releases.
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults
            {
                IsAway = (site, study) => site == "west" && study.Current is { Number: 1, Phase: RoundPhase.Attesting },
            },
        };
        StudyState study = await consortium.RunAsync(
            StudyText.Study(PrivateGradient, StudyText.EpsilonOne), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("west", study.Rounds[0].Attestations.Keys);
        Assert.Contains("west", study.Rounds[1].Attestations.Keys);

        Assert.Empty(Audit(consortium, consortium.Ledger.Records).Findings);
    }

    [Fact]
    public async Task A_record_out_of_sequence_is_named()
    {
        (SimulatedConsortium consortium, _) = await Run(PrivateGradient, StudyText.EpsilonOne);
        SimulatedRecord[] records = [
            .. consortium.Ledger.Records.Where(record => record.Statement.Name != "round-final")];

        Assert.Contains(
            Audit(consortium, records).Findings,
            finding => finding.Message.StartsWith("round-opened does not fit: Round 1", StringComparison.Ordinal));
    }

    private static Func<SimulatedRecord, bool> Is(string name) => record => record.Statement.Name == name;

    private static async Task<(SimulatedConsortium Consortium, StudyState Study)> Run(string algorithm, string privacy)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        StudyState study = await consortium.RunAsync(
            StudyText.Study(algorithm, privacy), TestContext.Current.CancellationToken);
        return (consortium, study);
    }

    private static SumAudit Audit(SimulatedConsortium consortium, IEnumerable<SimulatedRecord> records)
    {
        using LedgerFolder folder = new(records, consortium.Artefacts.All.Values);
        return SumAuditor.Run(folder.FullPath);
    }

    // Alters the first record with this name; its subjects follow its fields.
    private static SimulatedRecord[] Altered(SimulatedConsortium consortium, string name, Action<JsonObject> alter)
    {
        SimulatedRecord[] records = [.. consortium.Ledger.Records];
        int at = Array.FindIndex(records, record => record.Statement.Name == name);
        JsonObject fields = (JsonObject)records[at].Statement.Predicate.DeepClone();
        alter(fields);
        Statement altered = new(name, RecordCatalogue.SubjectsOf(name, fields), fields);
        records[at] = records[at] with { Statement = altered };
        return records;
    }
}
