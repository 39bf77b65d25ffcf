namespace DigitalTwin.Federation.Tests;

/// <summary>Policies for the tests.</summary>
internal static class PolicyText
{
    /// <summary>Allows the private study at ε = 1, once, and half of another.</summary>
    public const string Yaml = """
        version: 1
        contracts: [heart-disease/v1]
        models: [logistic, mlp]
        algorithms: [gradient, newton]
        privacy: { withoutDifferentialPrivacy: false, mostEpsilonPerStudy: 1, mostEpsilonInTotal: 1.5, mostDelta: 0.001,
            distributedNoise: true }
        sites: { fewest: 3 }
        rows: { fewest: 20 }
        metrics: { perSite: true }
        approval: automatic
        """;

    /// <summary>The same, and studies without differential privacy too.</summary>
    public static string Open => Yaml.Replace(
        "withoutDifferentialPrivacy: false", "withoutDifferentialPrivacy: true", StringComparison.Ordinal);
}
