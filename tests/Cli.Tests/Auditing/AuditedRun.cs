using System.Text.Json;

namespace DigitalTwin.Cli.Tests.Auditing;

/// <summary>One short private study by real processes, shared by the tests that audit what it left.</summary>
public sealed class AuditedRun : IDisposable
{
    public const string Study = "audited";

    private const string Yaml = """
        version: 1
        study: audited
        title: Coronary disease | an <b>audited</b> study
        data: { contract: heart-disease/v1 }
        model: { kind: logistic }
        algorithm: { kind: gradient, rounds: 2, learningRate: 1, momentum: 0 }
        privacy: { protection: masks, dp: { epsilon: 1, delta: 1e-3, clip: 1, noise: distributed } }
        sites: { minimum: 3, onMissing: degrade }
        rounds: { deadline: 5m }
        evaluation: { perSite: true }
        seed: 1

        """;

    private readonly TemporaryFolder _folder = new();

    public AuditedRun()
    {
        Answer answer = Dtwin.RunIn(
            _folder.FullPath, "demo", "--out", "out", "--study", _folder.Write("s.yaml", Yaml));
        Assert.True(answer.ExitCode == ExitCodes.Complete, answer.ToString());
    }

    internal string Ledger => _folder["out/ledger"];

    /// <summary>The copy of a hospital.</summary>
    internal string Mirror => _folder["out/state/north/ledger"];

    /// <summary>The key that signs the coordinator's records.</summary>
    internal string Key => _folder["out/state/coordinator/identity/record.key.pem"];

    public void Dispose() => _folder.Dispose();

    internal TemporaryFolder Copy() => TemporaryFolder.CopyOf(Ledger);

    /// <summary>The report of a copy as JSON, with the exit code.</summary>
    internal static (int ExitCode, JsonElement Report) Report(string ledger)
    {
        Answer answer = Dtwin.Run("audit", "report", ledger, "--format", "json");
        Assert.True(answer.Output.StartsWith('{'), answer.ToString());
        return (answer.ExitCode, JsonElement.Parse(answer.Output));
    }
}
