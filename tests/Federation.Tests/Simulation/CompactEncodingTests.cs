using DigitalTwin.Documents;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Auditing;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: a study in few bits comes to nearly the model of the exact one, and its ε is still computed again by everybody.
// Method: the same study in both encodings; the audit of a whole private one.
public sealed class CompactEncodingTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("masks")]
    [InlineData("threshold-he")]
    public async Task Averaging_in_24_bits_is_right_to_five_decimals(string protection)
    {
        // Full batches: mini-batches are drawn by the document's digest, and the two documents differ.
        const string Averaging = "{ kind: fedavg, rounds: 3, localSteps: 20, batchSize: 1000000, learningRate: 0.05 }";
        (_, double[] exact) = await Train(Averaging, StudyText.WithoutPrivacy);

        (StudyState study, double[] compact) = await Train(
            Averaging, StudyText.Compact.Replace("masks", protection, StringComparison.Ordinal));

        Assert.Equal(24, study.Rounds[^2].Terms.SlotBits);
        Assert.All(exact.Zip(compact), pair => Assert.Equal(pair.First, pair.Second, 1e-5));
    }

    [Fact]
    public async Task A_private_study_costs_what_it_promised_and_the_audit_agrees()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());

        StudyState study = await consortium.RunAsync(
            StudyText.Study("{ kind: gradient, rounds: 10 }", StudyText.CompactEpsilonOne), Token);

        Assert.Equal("complete", study.Closing!.Verdict);
        Assert.Equal(24, study.Rounds[0].Terms.SlotBits);

        // Four survive where three would do: less than the promised ε is spent.
        Assert.All(study.Rounds[^1].Attestations.Values, attestation =>
            Assert.InRange(attestation.Epsilon!.Value, 0.5, 0.95));
        using LedgerFolder folder = new(consortium.Ledger.Records, consortium.Artefacts.All.Values);
        SumAudit audit = SumAuditor.Run(folder.FullPath);
        Assert.Empty(audit.Findings);
        Assert.Equal(44, audit.Epsilons);
        Assert.True(EvaluationRound.MetricsOf(consortium.ModelOf(study.Closing.Model!))!.Auroc > 0.75);
    }

    [Theory]
    [InlineData("{ kind: newton }", "{ protection: masks, encoding: { kind: compact }, dp: none }", "need exact sums")]
    [InlineData("{ kind: fedavg }", "{ protection: masks, encoding: { kind: compact, slotBits: 4 }, dp: none }", "12")]
    public void An_encoding_that_an_algorithm_has_no_use_for_is_refused(
        string algorithm, string privacy, string sentence)
    {
        DocumentException refused = Assert.Throws<DocumentException>(() => StudyText.Study(algorithm, privacy));

        Assert.Contains(sentence, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Slots_too_narrow_for_the_noise_are_declined_with_the_reason()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());

        StudyState study = await consortium.RunAsync(
            StudyText.Study(
                "{ kind: gradient }",
                StudyText.CompactEpsilonOne
                    .Replace("slotBits: 24", "slotBits: 12", StringComparison.Ordinal)
                    .Replace("patients: 2000", "patients: 1000000", StringComparison.Ordinal)),
            Token);

        Assert.Equal("failed", study.Closing!.Verdict);
        Assert.All(study.Declined.Values, reason => Assert.StartsWith(
            "document: privacy.encoding: 12 bits", reason, StringComparison.Ordinal));
    }

    private static async Task<(StudyState Study, double[] Parameters)> Train(string algorithm, string privacy)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        StudyState study = await consortium.RunAsync(StudyText.Study(algorithm, privacy), Token);
        Assert.Equal("complete", study.Closing!.Verdict);
        return (study, consortium.ModelOf(study.Closing.Model!).Parameters);
    }
}
