using DigitalTwin.Documents;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models.Statistics;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: models that read a patient step by step train through the whole protocol. Method: four invented hospitals whose
// patients rise or fall; only a model that sees the order can tell them apart.
public sealed class SeriesStudyTests
{
    private const string Contract = "heart-disease/v1";

    private const string ManyLocalSteps =
        "{ kind: fedavg, rounds: 8, localSteps: 40, batchSize: 8, learningRate: 0.3 }";

    [Theory]
    [InlineData("{ kind: gru, hidden: 6 }", ManyLocalSteps, StudyText.WithoutPrivacy, 0.85)]
    [InlineData("{ kind: gru-d, hidden: 6 }", ManyLocalSteps, StudyText.WithoutPrivacy, 0.85)]
    [InlineData("{ kind: lstm, hidden: 6 }", ManyLocalSteps, StudyText.WithoutPrivacy, 0.85)]
    [InlineData("{ kind: cnn1d, hidden: [4], kernel: 3 }", ManyLocalSteps, StudyText.WithoutPrivacy, 0.85)]
    [InlineData("{ kind: cnn1d, hidden: [4], kernel: 3 }", ManyLocalSteps, StudyText.Compact, 0.85)]
    [InlineData("{ kind: logistic }", ManyLocalSteps, StudyText.WithoutPrivacy, 0.85)]
    [InlineData("{ kind: gru, hidden: 4 }", "{ kind: gradient, rounds: 30, momentum: 0.8, learningRate: 2, l2: 0 }",
        "{ protection: masks, dp: { epsilon: 8, delta: 1e-3 } }", 0.7)]
    public async Task A_study_of_series_learns(string model, string algorithm, string privacy, double leastAuroc)
    {
        SimulatedConsortium consortium = new(Contract, SeriesSites.Hospitals());

        StudyState study = await consortium.RunAsync(
            StudyText.Study(algorithm, privacy, model), TestContext.Current.CancellationToken);

        Assert.Equal("complete", study.Closing!.Verdict);
        Assert.DoesNotContain(study.Rounds, round => round.Purpose == RoundPurpose.Standardise);
        PooledMetrics metrics = EvaluationRound.MetricsOf(consortium.ModelOf(study.LatestModel!))!;
        Assert.True(metrics.Auroc > leastAuroc, FormattableString.Invariant($"{metrics.Auroc}"));
    }

    [Fact]
    public void A_document_of_a_series_reads_back_with_its_steps()
    {
        StudyDocument document = DocumentOf(StudyText.Yaml(ManyLocalSteps, model: "{ kind: gru }"), SeriesSites.Steps);

        StudyDocument read = StudyDocument.Parse(document.Bytes);

        Assert.Equal(
            (SeriesSites.Steps, 3, 18, document.Sha256), (read.Steps, read.Features.Count, read.Columns, read.Sha256));
    }

    [Theory]
    [InlineData("{ kind: gru }", ManyLocalSteps, 1, "model.kind: heart-disease/v1 has one row per patient")]
    [InlineData("{ kind: logistic }", "{ kind: newton }", 6, "algorithm.kind: newton would sum a matrix of 18 x 18")]
    public void A_model_that_does_not_fit_the_contract_is_refused(
        string model, string algorithm, int steps, string message)
    {
        DocumentException refused = Assert.Throws<DocumentException>(
            () => DocumentOf(StudyText.Yaml(algorithm, model: model), steps));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    // 40 rounds of 10,000 coordinates cost more than this δ when the noise is passed off as continuous.
    [Fact]
    public void A_delta_below_the_price_of_the_fine_grid_is_kept_by_the_compact_encoding()
    {
        const string Model = "{ kind: mlp, hidden: [512] }";
        const string Algorithm = "{ kind: gradient, rounds: 40 }";

        DocumentException refused = Assert.Throws<DocumentException>(() => DocumentOf(
            StudyText.Yaml(Algorithm, "{ protection: masks, dp: { epsilon: 1, delta: 1e-5 } }", Model), 6));
        StudyDocument kept = DocumentOf(
            StudyText.Yaml(
                Algorithm,
                "{ protection: masks, encoding: { kind: compact, patients: 500 }, dp: { epsilon: 1, delta: 1e-5 } }",
                Model),
            6);

        Assert.Contains("is too small", refused.Message, StringComparison.Ordinal);
        Assert.Equal(1e-5, kept.Study.DifferentialPrivacy!.Budget.Delta);
    }

    private static StudyDocument DocumentOf(string yaml, int steps)
    {
        HospitalPlan plan = SeriesSites.Hospitals()[0];
        return StudyDocument.Create("study.yaml", yaml, plan.Data.ContractSha256, plan.Data.Features, steps);
    }
}
