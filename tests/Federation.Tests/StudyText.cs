using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Federation.Tests;

/// <summary>Studies for the tests, as their authors would write them.</summary>
internal static class StudyText
{
    public const string WithoutPrivacy = "{ protection: masks, dp: none }";

    public const string Compact =
        "{ protection: masks, encoding: { kind: compact, slotBits: 24 }, dp: none }";

    public const string CompactEpsilonOne =
        "{ protection: masks, encoding: { kind: compact, slotBits: 24, patients: 2000 }, "
            + "dp: { epsilon: 1, delta: 1e-3, noise: distributed } }";

    public const string EpsilonOne = "{ protection: masks, dp: { epsilon: 1, delta: 1e-3, noise: distributed } }";

    /// <summary>A study on the heart-disease contract.</summary>
    public static string Yaml(
        string algorithm = "{ kind: newton }",
        string privacy = WithoutPrivacy,
        string model = "{ kind: logistic }",
        string name = "heart-risk",
        string sites = "{ minimum: 3, onMissing: degrade }",
        string rounds = "{ deadline: 1m }",
        int seed = 1) => $"""
        version: 1
        study: {name}
        title: Ten-feature coronary disease risk
        data: {"{"} contract: heart-disease/v1 {"}"}
        model: {model}
        algorithm: {algorithm}
        privacy: {privacy}
        sites: {sites}
        rounds: {rounds}
        evaluation: {"{"} perSite: true {"}"}
        seed: {seed}
        """;

    public static Study Study(
        string algorithm = "{ kind: newton }",
        string privacy = WithoutPrivacy,
        string model = "{ kind: logistic }",
        string name = "heart-risk",
        string sites = "{ minimum: 3, onMissing: degrade }",
        int seed = 1) =>
        Federation.Studies.Study.Parse("study.yaml", Yaml(algorithm, privacy, model, name, sites, seed: seed));

    /// <summary>The document of a study on the contract that <paramref name="plan"/> holds.</summary>
    public static StudyDocument Document(HospitalPlan plan, string yaml) =>
        StudyDocument.Create("study.yaml", yaml, plan.Data.ContractSha256, plan.Data.Features);
}
