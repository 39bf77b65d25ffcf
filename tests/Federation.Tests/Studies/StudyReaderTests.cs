using DigitalTwin.Documents;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Federation.Tests.Studies;

// Goal: a study is read exactly or refused with file, line and field; what is written reads back to the same text.
public sealed class StudyReaderTests
{
    private static readonly string Valid = StudyText.Yaml("{ kind: gradient }", StudyText.EpsilonOne);

    // Text in the valid study, its replacement, and the start of the message.
    public static TheoryData<string, string, string> Faults => new()
    {
        { "version: 1", "version: 2", "s.yaml:1: version: 2 is not allowed; give a whole number from 1 to 1." },
        { "study: heart-risk", "study: Heart", "s.yaml:2: study: Heart is not a name;" },
        { "study: heart-risk\n", "", "s.yaml:1: study: is missing; add this field." },
        { "title: Ten", "titel: Ten", "s.yaml:3: titel: is not a known field;" },
        { "{ contract: heart-disease/v1 }", "{ contract: }", "s.yaml:4: data.contract: found no value;" },
        { "{ kind: logistic }", "{ kind: forest }",
            "s.yaml:5: model.kind: forest is not allowed; allowed: logistic, mlp, gru, gru-d, lstm, cnn1d." },
        { "{ kind: logistic }", "{ kind: logistic, hidden: [3] }",
            "s.yaml:5: model.hidden: a logistic model has no hidden layers;" },
        { "{ kind: logistic }", "{ kind: mlp, hidden: [] }", "s.yaml:5: model: give one to four hidden layers" },
        { "{ kind: logistic }", "{ kind: mlp, hidden: [1, 2, 3, 4, 5] }",
            "s.yaml:5: model: give one to four hidden layers" },
        { "{ kind: logistic }", "{ kind: mlp, hidden: [0] }", "s.yaml:5: model.hidden[0]: 0 is not allowed;" },
        { "{ kind: gradient }", "{ kind: gradientt }", "s.yaml:6: algorithm.kind: gradientt is not allowed;" },
        { "{ kind: gradient }", "{ kind: gradient, rounds: 0 }",
            "s.yaml:6: algorithm.rounds: 0 is not allowed; give a whole number from 1 to 1000." },
        { "{ kind: gradient }", "{ kind: gradient, rounds: 1001 }",
            "s.yaml:6: algorithm.rounds: 1001 is not allowed;" },
        { "{ kind: gradient }", "{ kind: gradient, l2: -1 }", "s.yaml:6: algorithm.l2: -1 is not allowed;" },
        { "{ kind: gradient }", "{ kind: gradient, momentum: 1 }", "s.yaml:6: algorithm.momentum: 1 is not allowed;" },
        { "{ kind: gradient }", "{ kind: gradient, learningRate: NaN }",
            "s.yaml:6: algorithm.learningRate: NaN is not allowed;" },
        { "{ kind: gradient }", "{ kind: gradient, code: x }", "s.yaml:6: algorithm.code: is not a known field;" },
        { "{ kind: gradient }", "{ kind: newton }",
            "s.yaml:6: algorithm: only algorithm gradient is accounted for differential privacy;" },
        { "protection: masks", "protection: trust",
            "s.yaml:7: privacy.protection: trust is not allowed; allowed: masks, threshold-he." },
        { "epsilon: 1,", "epsilon: 0,", "s.yaml:7: privacy.dp.epsilon: 0 is not allowed;" },
        { "epsilon: 1,", "", "s.yaml:7: privacy.dp.epsilon: is missing;" },
        { "delta: 1e-3", "delta: 1", "s.yaml:7: privacy.dp.delta: 1 is not allowed;" },
        { "noise: distributed", "noise: some", "s.yaml:7: privacy.dp.noise: some is not allowed;" },
        { "noise: distributed", "unit: visit", "s.yaml:7: privacy.dp.unit: visit is not allowed; allowed: patient." },
        { "noise: distributed", "sigma: 1", "s.yaml:7: privacy.dp.sigma: is not a known field;" },
        { "minimum: 3", "minimum: 2",
            "s.yaml:8: sites.minimum: 2 is not allowed; give a whole number from 3 to 1000." },
        { "onMissing: degrade", "onMissing: guess",
            "s.yaml:8: sites.onMissing: guess is not allowed; allowed: degrade, fail." },
        { "deadline: 1m", "deadline: 1", "s.yaml:9: rounds.deadline: 1 is not a duration;" },
        { "deadline: 1m", "deadline: 25h", "s.yaml:9: rounds.deadline: 25h is not allowed;" },
        { "perSite: true", "perSite: yes", "s.yaml:10: evaluation.perSite: yes is not allowed; give true or false." },
        { "seed: 1", "seed: -1", "s.yaml:11: seed: -1 is not allowed;" },
    };

    public static TheoryData<string> Studies =>
    [
        Valid,
        StudyText.Yaml("{ kind: newton, l2: 0.1, rounds: 7 }"),
        StudyText.Yaml("{ kind: fedavg, localSteps: 9, batchSize: 2, learningRate: 1e-7 }"),
        StudyText.Yaml("{ kind: fedadam, serverLearningRate: 0.3 }", model: "{ kind: mlp, hidden: [4, 2] }"),
        StudyText.Yaml("{ kind: gradient, momentum: 0.9 }",
            "{ protection: masks, dp: { epsilon: 0.5, delta: 1e-9, noise: local, clip: 2.5 } }"),
        StudyText.Yaml("{ kind: fedavg }", model: "{ kind: gru, hidden: 24 }"),
        StudyText.Yaml("{ kind: fedavg }", model: "{ kind: lstm }"),
        StudyText.Yaml("{ kind: fedavg }", model: "{ kind: gru-d, hidden: 5 }"),
        StudyText.Yaml("{ kind: fedavg }", rounds: "{ deadline: 2h }"),
        StudyText.Yaml("{ kind: fedavg }", rounds: "{ deadline: 1500ms }"),
        StudyText.Yaml("{ kind: fedadam }", model: "{ kind: cnn1d, hidden: [8, 4], kernel: 7 }"),
        Valid.Replace("Ten-feature", "\"Ten: a \\\"quoted\\\" \\\\ #", StringComparison.Ordinal).Replace(
            "disease risk", "risk\"", StringComparison.Ordinal),
        Valid.Replace("heart-disease/v1 ", "'a, b: {c} # d' ", StringComparison.Ordinal),
    ];

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_faulty_study_is_refused_with_file_line_and_field(string valid, string faulty, string message)
    {
        string yaml = Valid.ReplaceLineEndings("\n");
        Assert.Contains(valid, yaml, StringComparison.Ordinal);

        DocumentException refused = Assert.Throws<DocumentException>(
            () => Study.Parse("s.yaml", yaml.Replace(valid, faulty, StringComparison.Ordinal)));

        Assert.StartsWith(message, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Studies))]
    public void What_is_written_reads_back_to_the_same_study(string yaml)
    {
        Study study = Study.Parse("s.yaml", yaml);
        Study read = Study.Parse("written.yaml", study.ToYaml());

        Assert.Equal(study.ToYaml(), read.ToYaml());
        Assert.Equal(study with { Model = read.Model }, read);
        Assert.Equal(study.Model.Hidden, read.Model.Hidden);
    }

    [Fact]
    public void What_is_left_out_has_the_documented_default()
    {
        Study study = Study.Parse("s.yaml", """
            version: 1
            study: short
            title: Short
            data: { contract: heart-disease/v1 }
            model: { kind: mlp }
            algorithm: { kind: gradient }
            privacy: { protection: masks, dp: { epsilon: 1, delta: 1e-3 } }
            """);

        Assert.Equal([16], study.Model.Hidden);
        Assert.Equal(AlgorithmDefaults.Of(AlgorithmKind.Gradient, ModelKind.Mlp), study.Algorithm);
        Assert.Equal((NoisePlacement.Distributed, 1.0), (
            study.DifferentialPrivacy!.Noise, study.DifferentialPrivacy.Clip));
        Assert.Equal((3, OnMissing.Degrade, TimeSpan.FromMinutes(5)), (
            study.MinimumSites, study.OnMissing, study.Deadline));
        Assert.Equal((false, 1ul), (study.PerSiteMetrics, study.Seed));
    }

    [Theory]
    [InlineData("{ kind: newton }", "{ kind: mlp }", "newton solves logistic models only")]
    [InlineData("{ kind: fedavg }", "{ kind: mlp }", null)]
    [InlineData("{ kind: newton }", "{ kind: gru }", "newton solves logistic models only")]
    [InlineData("{ kind: fedavg }", "{ kind: gru, hidden: 0 }", "model.hidden: 0 is not allowed")]
    [InlineData("{ kind: fedavg }", "{ kind: gru, kernel: 3 }", "model.kernel: only a cnn1d has a kernel")]
    [InlineData("{ kind: fedavg }", "{ kind: cnn1d, kernel: 4 }", "model.kernel: give an odd number of steps")]
    [InlineData("{ kind: fedavg }", "{ kind: rnn }", "model.kind: rnn is not allowed")]
    [InlineData("{ kind: newton }", "{ kind: logistic, hidden: [3] }", "a logistic model has no hidden layers")]
    public void A_model_and_an_algorithm_that_do_not_go_together_are_refused(
        string algorithm, string model, string? message)
    {
        DocumentException? refused = Record.Exception(
            () => StudyText.Study(algorithm, StudyText.WithoutPrivacy, model)) as DocumentException;

        Assert.Equal(message is null, refused is null);
        Assert.Contains(message ?? "", refused?.Message ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public void No_answer_about_differential_privacy_is_no_answer() => Assert.StartsWith(
        "s.yaml:7: privacy.dp: say none, or give epsilon and delta.",
        Assert.Throws<DocumentException>(() => Study.Parse(
            "s.yaml", StudyText.Yaml(privacy: "{ protection: masks, dp: }"))).Message,
        StringComparison.Ordinal);
}
