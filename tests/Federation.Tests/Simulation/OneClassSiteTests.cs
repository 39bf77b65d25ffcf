using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: a hospital with a single class and a constant column (Switzerland: 30 sick patients, cholesterol 0 in each)
// poisons nobody. Method: whole studies with it, and with nothing else; every state must be finite (a state that is not
// can't even be written, so it is also asserted value by value).
public sealed class OneClassSiteTests
{
    private const int Cholesterol = 3;

    public static TheoryData<string, string> Studies => new()
    {
        { "{ kind: newton }", StudyText.WithoutPrivacy },
        { "{ kind: gradient }", StudyText.WithoutPrivacy },
        { "{ kind: gradient }", StudyText.EpsilonOne },
        { "{ kind: fedavg, rounds: 5 }", StudyText.WithoutPrivacy },
        { "{ kind: fedadam, rounds: 5 }", StudyText.WithoutPrivacy },
    };

    [Theory]
    [MemberData(nameof(Studies))]
    public async Task Acceptance_e_switzerland_inside_the_federation_gives_no_nan(string algorithm, string privacy)
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.RealOrSkip());
        Assert.All(consortium["switzerland"].Data.Train.Labels.ToArray(), label => Assert.Equal(1, label));

        StudyState study = await consortium.RunAsync(
            StudyText.Study(algorithm, privacy), TestContext.Current.CancellationToken);

        Assert.Equal("complete", study.Closing!.Verdict);
        AssertFinite(consortium, study);
        Assert.Equal(4, study.Evaluations.Count);
    }

    [Theory]
    [MemberData(nameof(Studies))]
    public async Task Acceptance_e_a_federation_of_nothing_but_one_class_gives_no_nan(string algorithm, string privacy)
    {
        HospitalPlan swiss = Sites.RealOrSkip().Single(plan => plan.Name == "switzerland");
        SimulatedConsortium consortium = new(
            Sites.Contract, [.. Enumerable.Range(1, 3).Select(i => swiss with { Name = $"canton-{i}" })]);

        StudyState study = await consortium.RunAsync(
            StudyText.Study(algorithm, privacy), TestContext.Current.CancellationToken);

        AssertFinite(consortium, study);
        Assert.Equal("complete", study.Closing!.Verdict);
        if (privacy == StudyText.WithoutPrivacy)
        {
            Assert.Equal(0, consortium.ModelOf(study.LatestModel!).Deviation[Cholesterol]);
        }
    }

    [Fact]
    public void A_held_out_set_of_one_class_has_no_auroc_and_says_so()
    {
        HospitalPlan plan = Sites.Synthetic()[0];
        int[] sick = [.. Enumerable.Range(0, plan.Data.Test.Rows).Where(row => plan.Data.Test.Label(row) == 1)];
        StudyProgram program = new(
            StudyText.Document(plan, StudyText.Yaml("{ kind: gradient }", StudyText.EpsilonOne)));

        SiteEvaluation own = SiteMetrics.Of(
            program, program.Initial(), plan.Data with { Test = plan.Data.Test.Select(sick) });
        SiteEvaluation none = SiteMetrics.Of(
            program, program.Initial(), plan.Data with { Test = plan.Data.Test.Select([]) });

        Assert.Null(own.Auroc);
        Assert.Contains("one-class-held-out", own.Flags);
        Assert.Contains("calibration-undefined", own.Flags);
        Assert.Equal((null, null, null, null), (none.Accuracy, none.Auroc, none.Brier, none.CalibrationSlope));
        Assert.Contains("no-held-out-rows", none.Flags);
    }

    private static void AssertFinite(SimulatedConsortium consortium, StudyState study)
    {
        Assert.All(study.Rounds, round =>
        {
            ModelState state = consortium.ModelOf(round.Outcome!.Model);
            Assert.All(
                [.. state.Mean, .. state.Deviation, .. state.Parameters, .. state.Optimiser, .. state.Evaluation],
                value => Assert.True(double.IsFinite(value)));
            Assert.True(state.Loss is not { } loss || double.IsFinite(loss));
        });
        Assert.All(consortium.Ledger.Records, record =>
            Assert.DoesNotContain("NaN", record.Statement.Predicate.ToJsonString(), StringComparison.Ordinal));
        Assert.All(study.Evaluations.Values, site => Assert.All(
            new[] { site.Accuracy, site.Auroc, site.Brier, site.CalibrationSlope },
            value => Assert.True(value is not { } known || double.IsFinite(known))));
    }
}
