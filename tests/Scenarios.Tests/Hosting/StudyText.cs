using System.Globalization;

namespace DigitalTwin.Scenarios.Tests.Hosting;

/// <summary>The study files that the scenarios launch: short, with deadlines of seconds.</summary>
internal static class StudyText
{
    /// <summary>Exact logistic regression by Newton steps, without differential privacy.</summary>
    public static string Newton(string name, int rounds = 2, int deadlineSeconds = 8) => Of(
        name, $"{{ kind: newton, rounds: {Text(rounds)}, l2: 1 }}", "none", deadlineSeconds);

    /// <summary>Gradient rounds whose sum carries the noise of all hospitals together.</summary>
    public static string PrivateGradient(string name, int rounds = 3) => Of(
        name,
        $"{{ kind: gradient, rounds: {Text(rounds)}, learningRate: 0.25 }}",
        "{ unit: patient, epsilon: 4, delta: 1e-3, noise: distributed }",
        deadlineSeconds: 8);

    private static string Of(string name, string algorithm, string dp, int deadlineSeconds) => $$"""
        version: 1
        study: {{name}}
        title: Ten-feature coronary disease risk
        data: { contract: heart-disease/v1 }
        model: { kind: logistic }
        algorithm: {{algorithm}}
        privacy: { protection: masks, dp: {{dp}} }
        sites: { minimum: 3, onMissing: degrade }
        rounds: { deadline: {{Text(deadlineSeconds)}}s }
        evaluation: { perSite: true }
        seed: 1

        """;

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
