namespace DigitalTwin.Cli.Tests.Processes;

/// <summary>The study files of the tests with processes: short, exact, with a deadline of seconds.</summary>
internal static class StudyYaml
{
    /// <summary>One round that standardises, one Newton step and the evaluation.</summary>
    public static string Newton(string name, string protection = "masks") => $$"""
        version: 1
        study: {{name}}
        title: Coronary disease, a short study
        data: { contract: heart-disease/v1 }
        model: { kind: logistic }
        algorithm: { kind: newton, rounds: 1, l2: 1 }
        privacy: { protection: {{protection}}, dp: none }
        sites: { minimum: 3, onMissing: degrade }
        rounds: { deadline: 15s }
        evaluation: { perSite: true }
        seed: 1

        """;
}
