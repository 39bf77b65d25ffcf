namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>What the scenario found.</summary>
internal sealed record ChallengeResult(
    int Patients,
    int Fit,
    int Validation,
    int Test,
    int TestDeaths,
    int TestWithSaps,
    int Readings,
    int Implausible,
    IReadOnlyList<ChallengeRow> Models,
    IReadOnlyDictionary<string, double> EpochSeconds);
