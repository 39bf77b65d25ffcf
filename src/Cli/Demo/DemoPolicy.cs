namespace DigitalTwin.Cli.Demo;

/// <summary>
/// The policy of the demonstration's nodes: wide, so that every choice of the command line can be seen.
/// </summary>
internal static class DemoPolicy
{
    public const string Yaml = """
        version: 1
        contracts: [heart-disease/v1]
        models: [logistic, mlp]
        algorithms: [gradient, newton, fedavg, fedadam]
        privacy:
          withoutDifferentialPrivacy: true
          mostEpsilonPerStudy: 100
          mostEpsilonInTotal: 100
          mostDelta: 0.1
          distributedNoise: true
        sites: { fewest: 3 }
        rows: { fewest: 20 }
        metrics: { perSite: true }
        approval: automatic

        """;
}
