using DigitalTwin.Federation.Studies;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Cli.Demo;

/// <summary>What the demonstration was asked to do.</summary>
/// <param name="DataFolder">The four real files; null for synthetic hospitals.</param>
/// <param name="StudyFile">A study of the user's own; null for one made from the other choices.</param>
/// <param name="Output">Folder for everything the run leaves behind.</param>
internal sealed record DemoOptions(
    string? DataFolder,
    string? StudyFile,
    ModelKind Model,
    AlgorithmKind Algorithm,
    PrivacyBudget? Budget,
    NoisePlacement Noise,
    SumProtection Protection,
    ulong Seed,
    string Output,
    bool Json);
