using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: whole studies run through the protocol and learn. Method: four invented hospitals, every kind of algorithm and
// model; the opened loss of the last training round is held against the first.
public sealed class SimulatedConsortiumTests
{
    [Theory]
    [InlineData("{ kind: newton }", StudyText.WithoutPrivacy, "{ kind: logistic }")]
    [InlineData("{ kind: gradient }", StudyText.WithoutPrivacy, "{ kind: logistic }")]
    [InlineData("{ kind: gradient }", StudyText.EpsilonOne, "{ kind: logistic }")]
    [InlineData("{ kind: fedavg }", StudyText.WithoutPrivacy, "{ kind: logistic }")]
    [InlineData("{ kind: fedadam }", StudyText.WithoutPrivacy, "{ kind: logistic }")]
    [InlineData("{ kind: gradient, momentum: 0.5 }", StudyText.WithoutPrivacy, "{ kind: mlp, hidden: [8] }")]
    [InlineData("{ kind: fedavg, learningRate: 0.01 }", StudyText.WithoutPrivacy, "{ kind: mlp, hidden: [8] }")]
    [InlineData("{ kind: fedadam }", StudyText.WithoutPrivacy, "{ kind: mlp, hidden: [8, 4] }")]
    public async Task A_study_runs_to_its_end_and_its_loss_falls(string algorithm, string privacy, string model)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());

        StudyState study = await consortium.RunAsync(
            StudyText.Study(algorithm, privacy, model), TestContext.Current.CancellationToken);

        Assert.Equal(("complete", study.LatestModel), (study.Closing!.Verdict, study.Closing.Model));
        Assert.All(study.Rounds, round => Assert.Equal(4, round.Attestations.Count));
        double[] losses = [.. study.Rounds.Where(round => round.Purpose == RoundPurpose.Train)
            .Select(round => round.Outcome!.Loss!.Value)];
        Assert.True(losses[^1] < losses[0], FormattableString.Invariant($"{losses[0]} -> {losses[^1]}"));
        Assert.NotNull(EvaluationRound.MetricsOf(consortium.ModelOf(study.LatestModel!)));
        Assert.Equal(4, study.Evaluations.Count);
    }
}
