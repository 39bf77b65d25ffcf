using System.Security.Cryptography;
using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Nodes;
using DigitalTwin.Ledger.Ethereum.Transactions;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.TestKit;

namespace DigitalTwin.Interop.Tests.Ethereum;

/// <summary>A development node with the contracts on it, and the folder of one anchor.</summary>
internal sealed class AnchoredNetwork : IAsyncDisposable
{
    public const string Origin = "digitaltwin.dev/demo/data";

    private readonly TemporaryFolder _folder = new();
    private readonly EthereumKey _hospital = EthereumKey.Generate();

    private AnchoredNetwork(DevelopmentNode node)
    {
        Node = node;
        using EthereumKey key = EthereumKey.Generate();
        key.Save(KeyFile, null);
        Account = key.Address;
    }

    public DevelopmentNode Node { get; private set; }

    public EthereumAddress Account { get; }

    public AnchorSettings Settings { get; private set; } = null!;

    public AnchorFolder State => new(_folder["anchoring"]);

    public IReadOnlyDictionary<string, long> DeploymentGas { get; private set; } = null!;

    public EthereumKey Hospital => _hospital;

    public EthereumAddress Registry { get; private set; }

    private string KeyFile => _folder["anchor.key.pem"];

    /// <summary>A file of this network alone.</summary>
    public string this[string name] => _folder[name];

    public static async Task<AnchoredNetwork> StartAsync(
        Func<Task<DevelopmentNode>> start, SolidityCompiler compiler, CancellationToken cancellationToken)
    {
        ContractArtefact registry = await compiler.ArtefactAsync("MemberRegistry", cancellationToken);
        ContractArtefact anchor = await compiler.ArtefactAsync("CheckpointAnchor", cancellationToken);
        AnchoredNetwork network = new(await start());
        await network.DeployAsync(registry, anchor, cancellationToken);
        return network;
    }

    /// <summary>A checkpoint of the data log; the root follows from size and salt.</summary>
    public static AnchorPurpose Checkpoint(long size, string salt = "", string origin = Origin) => new(
        origin, size, new MerkleHash(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{size}{salt}"))).ToString());

    public async Task<AnchorClient> OpenAsync(
        CancellationToken cancellationToken,
        HttpMessageHandler? handler = null,
        TimeProvider? time = null,
        AnchorSettings? settings = null) => await AnchorClient.OpenAsync(
        settings ?? Settings,
        State,
        handler is null ? DevelopmentNode.Http : new HttpClient(handler, disposeHandler: false),
        time ?? TimeProvider.System,
        cancellationToken);

    /// <summary>Passes of a client until one has this outcome; the number of passes is bounded.</summary>
    public static async Task<AnchorStep> RunUntilAsync(
        AnchorClient client, AnchorOutcome wanted, CancellationToken cancellationToken)
    {
        AnchorStep step = await client.AdvanceAsync(cancellationToken);
        for (int pass = 0; pass < 40 && step.Outcome != wanted; pass++)
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), cancellationToken);
            step = await client.AdvanceAsync(cancellationToken);
        }

        Assert.True(step.Outcome == wanted, $"{wanted} was expected: {step}");
        return step;
    }

    /// <summary>The sizes for which an event on the chain says that a log was anchored.</summary>
    public async Task<long[]> AnchoredSizesAsync(CancellationToken cancellationToken)
    {
        AbiEvent anchored =
            AbiEvent.Of("CheckpointAnchored", ["bytes32 indexed", "uint64", "bytes32", "address indexed"]);
        BlockHead head = await Node.Node.HeadAsync(cancellationToken);
        IReadOnlyList<LogEntry> entries = await Node.Node.LogsAsync(
            Settings.ContractAddress, [anchored.Topic], 0, head.Number, cancellationToken);
        return [.. entries.Select(entry =>
            (long)(System.Numerics.BigInteger)anchored.Decode(entry.Topics, entry.Data)![1])];
    }

    /// <summary>Goes on with another node, as after a restart.</summary>
    public void MoveTo(DevelopmentNode node) => Node = node;

    public void Change(Func<AnchorSettings, AnchorSettings> change) => Settings = change(Settings);

    public async ValueTask DisposeAsync()
    {
        await Node.DisposeAsync();
        _hospital.Dispose();
        _folder.Dispose();
    }

    private async Task DeployAsync(
        ContractArtefact registry, ContractArtefact anchor, CancellationToken cancellationToken)
    {
        using EthereumKey deployer = EthereumKey.Generate();
        ContractDeployer chain = new(Node.Node, deployer, FeePolicy.Zero, 0, TimeProvider.System);
        byte[] arguments = ContractDeployer.RegistryArguments(
        [
            new FoundingMember(_hospital.Address, SHA256.HashData("cleveland"u8), new byte[32],
                ContractDeployer.Hospital),
            new FoundingMember(Account, SHA256.HashData("coordinator"u8), new byte[32],
                ContractDeployer.Coordinator | ContractDeployer.Anchor),
        ]);
        DeployedContract members = await chain.DeployAsync(registry, arguments, cancellationToken);
        DeployedContract checkpoints = await chain.DeployAsync(
            anchor, ContractDeployer.RegistryReference(members.Address), cancellationToken);
        BlockHead genesis = (await Node.Node.BlockAtAsync(0, cancellationToken))!;
        Registry = members.Address;
        DeploymentGas = new Dictionary<string, long>
        {
            ["MemberRegistry"] = members.GasUsed,
            ["CheckpointAnchor"] = checkpoints.GasUsed,
        };
        Settings = new AnchorSettings(
            [Node.Address],
            DevelopmentNode.ChainId,
            genesis.Hash,
            checkpoints.Address.ToString(),
            checkpoints.CodeHash,
            KeyFile)
        {
            FromBlock = checkpoints.Block,
        };
    }
}
