using System.Security.Cryptography;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Ethereum.Nodes;
using DigitalTwin.Ledger.Ethereum.Transactions;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Anchoring;

/// <summary>What <c>dtwin anchor deploy</c> was asked for.</summary>
/// <param name="Artefacts">Folder that the compiler filled.</param>
/// <param name="Rpc">Node that is sent to.</param>
/// <param name="KeyFile">Key of the account that pays, and that anchors afterwards.</param>
/// <param name="PassphraseFile">File of its passphrase.</param>
/// <param name="Fee">How gas is paid.</param>
/// <param name="MaxFeePerGas">Most wei for a unit of gas.</param>
/// <param name="Hospitals">name=address or name=address=key id, each of a hospital.</param>
/// <param name="Anchor">Name of the member whose key it is.</param>
/// <param name="Settings">The file to write.</param>
internal sealed record SetupRequest(
    string Artefacts,
    Uri Rpc,
    string KeyFile,
    string? PassphraseFile,
    FeePolicy Fee,
    long MaxFeePerGas,
    IReadOnlyList<string> Hospitals,
    string Anchor,
    string Settings);

/// <summary>Makes the registry and the anchor on a chain, and pins what was made.</summary>
internal static class ContractSetup
{
    /// <summary>Deploys both contracts and writes the settings file.</summary>
    /// <exception cref="CommandException">A member is misspelt, or the settings file exists.</exception>
    public static async Task<AnchorSettings> RunAsync(
        SetupRequest request, HttpClient http, TimeProvider time, CancellationToken cancellationToken)
    {
        if (File.Exists(request.Settings))
        {
            throw new CommandException(
                ExitCodes.Usage, $"{request.Settings} exists already: an anchor is not moved by writing over it.");
        }

        AnchorSettings draft = new([request.Rpc], 1, "", "", "", Path.GetFullPath(request.KeyFile))
        {
            PassphraseFile = request.PassphraseFile is { } file ? Path.GetFullPath(file) : null,
            Fee = request.Fee,
            MaxFeePerGas = request.MaxFeePerGas,
        };
        using EthereumKey key = draft.LoadKey();
        EthereumNode node = new(new JsonRpcClient(http, request.Rpc, time));
        FoundingMember[] members =
        [
            .. request.Hospitals.Select(Hospital),
            new FoundingMember(
                key.Address,
                IdHash(request.Anchor),
                new byte[SHA256.HashSizeInBytes],
                ContractDeployer.Coordinator | ContractDeployer.Anchor),
        ];
        ContractDeployer deployer = new(node, key, request.Fee, request.MaxFeePerGas, time);
        DeployedContract registry = await deployer.DeployAsync(
            ContractArtefact.Load(request.Artefacts, "MemberRegistry"),
            ContractDeployer.RegistryArguments(members),
            cancellationToken);
        DeployedContract anchor = await deployer.DeployAsync(
            ContractArtefact.Load(request.Artefacts, "CheckpointAnchor"),
            ContractDeployer.RegistryReference(registry.Address),
            cancellationToken);
        BlockHead genesis = await node.BlockAtAsync(0, cancellationToken)
            ?? throw new CommandException(ExitCodes.Environment, $"{request.Rpc} shows no block 0.");
        AnchorSettings settings = draft with
        {
            ChainId = (long)await node.ChainIdAsync(cancellationToken),
            GenesisHash = genesis.Hash,
            Contract = anchor.Address.ToString(),
            CodeHash = anchor.CodeHash,
            FromBlock = anchor.Block,
        };
        DurableFile.WriteAtomically(
            request.Settings, System.Text.Encoding.UTF8.GetBytes(settings.ToJson() + "\n"));
        return settings;
    }

    private static FoundingMember Hospital(string text)
    {
        string[] parts = text.Split('=');
        bool named = parts.Length is 2 or 3 && PredicateReader.IsIdentifier(parts[0]);
        if (!named || (parts.Length == 3 && !PredicateReader.IsSha256(parts[2])))
        {
            throw new CommandException(
                ExitCodes.Usage, $"--hospital {text}: give name=0x…, or name=0x…=key id of its records.");
        }

        return new FoundingMember(
            EthereumAddress.Parse(parts[1]),
            IdHash(parts[0]),
            parts.Length == 3 ? Convert.FromHexString(parts[2]) : new byte[SHA256.HashSizeInBytes],
            ContractDeployer.Hospital);
    }

    private static byte[] IdHash(string member) => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(member));
}
