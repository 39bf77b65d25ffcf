namespace DigitalTwin.Federation.Tests;

/// <summary>Policies for the tests.</summary>
internal static class PolicyText
{
    /// <summary>Allows the private study at ε = 1, once, and half of another.</summary>
    public const string Yaml =
        "version: 1\n"
        + "contracts: [heart-disease/v1]\n"
        + "models: [logistic, mlp]\n"
        + "algorithms: [gradient, newton]\n"
        + "privacy: { withoutDifferentialPrivacy: false, mostEpsilonPerStudy: 1, mostEpsilonInTotal: 1.5, "
        + "mostDelta: 0.001, distributedNoise: true }\n"
        + "sites: { fewest: 3 }\n"
        + "rows: { fewest: 20 }\n"
        + "metrics: { perSite: true }\n"
        + "approval: automatic\n";

    /// <summary>The same, and studies without differential privacy too.</summary>
    public static string Open => Yaml.Replace(
        "withoutDifferentialPrivacy: false", "withoutDifferentialPrivacy: true", StringComparison.Ordinal);
}
