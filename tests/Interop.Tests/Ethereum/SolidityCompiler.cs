using DigitalTwin.Interop.Tests.Ethereum;
using DigitalTwin.Ledger.Ethereum.Anchoring;

[assembly: AssemblyFixture(typeof(SolidityCompiler))]

namespace DigitalTwin.Interop.Tests.Ethereum;

/// <summary>solc and OpenZeppelin, driven by the script that users run.</summary>
public sealed class SolidityCompiler() : NodePeer("Contracts", "solc", "0.8.37")
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    private readonly SemaphoreSlim _compiling = new(1);
    private bool _compiled;

    private static string Folder { get; } = Path.Combine(AppContext.BaseDirectory, "Contracts");

    private static string Artefacts { get; } = Path.Combine(Folder, "artefacts");

    /// <summary>Runs the script.</summary>
    internal static Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string[] arguments, CancellationToken cancellationToken) => ForeignProgram.RunAsync(
        "node", ["compile.mjs", .. arguments], "", Limit, cancellationToken, Folder);

    /// <summary>The compiled contract; compiled once for all tests.</summary>
    internal async Task<ContractArtefact> ArtefactAsync(string contract, CancellationToken cancellationToken)
    {
        await SkipUnlessInstalledAsync(cancellationToken);
        await _compiling.WaitAsync(cancellationToken);
        try
        {
            if (!_compiled)
            {
                (int exitCode, _, string errors) = await RunAsync(["--out", Artefacts], cancellationToken);
                Assert.True(exitCode == 0, errors);
                _compiled = true;
            }
        }
        finally
        {
            _compiling.Release();
        }

        return ContractArtefact.Load(Artefacts, contract);
    }
}
