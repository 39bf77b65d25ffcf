using System.Globalization;
using System.Numerics;
using System.Text.Json;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Nodes;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Ledger.Ethereum.Anchoring;

/// <summary>The nodes of the settings, once each has shown that it is on the pinned chain.</summary>
public sealed class PinnedChain
{
    private readonly AnchorSettings _settings;
    private readonly EthereumAddress[] _validators;

    private PinnedChain(AnchorSettings settings, IReadOnlyList<EthereumNode> nodes, string networkVersion)
    {
        _settings = settings;
        _validators = [.. settings.Validators.Select(EthereumAddress.Parse)];
        Nodes = nodes;
        NetworkVersion = networkVersion;
        Contract = new CheckpointContract(nodes[0], settings.ContractAddress);
    }

    /// <summary>The nodes; the first is the one that is asked and sent to.</summary>
    public IReadOnlyList<EthereumNode> Nodes { get; }

    /// <summary>The contract as the first node shows it.</summary>
    public CheckpointContract Contract { get; }

    /// <summary>What the first node calls its network: for the log only, no check rests on it.</summary>
    public string NetworkVersion { get; }

    /// <summary>Holds every node against the pins.</summary>
    /// <exception cref="ChainDistrustException">One is on another chain, or shows other code.</exception>
    /// <exception cref="RpcUnavailableException">One does not answer: an unchecked node is not used.</exception>
    public static async Task<PinnedChain> ConnectAsync(
        AnchorSettings settings, HttpClient http, TimeProvider time, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        EthereumNode[] nodes =
            [.. settings.Rpc.Select(address => new EthereumNode(new JsonRpcClient(http, address, time)))];
        foreach (EthereumNode node in nodes)
        {
            await RequireAsync(settings, node, cancellationToken);
        }

        return new PinnedChain(settings, nodes, await nodes[0].NetworkVersionAsync(cancellationToken));
    }

    /// <summary>
    /// Whether a block counts: enough follow it, every node has it at its height, and where validators are named it
    /// bears their seals. The sentence says what is missing; null where nothing is.
    /// </summary>
    /// <exception cref="ChainDistrustException">The seals do not hold.</exception>
    public async Task<string?> MissingAsync(
        long block, string blockHash, long headNumber, CancellationToken cancellationToken)
    {
        if (headNumber - block < _settings.Confirmations)
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"Block {block} has {headNumber - block} of {_settings.Confirmations} confirmations.");
        }

        foreach (EthereumNode node in Nodes)
        {
            BlockHead? seen = await node.BlockAtAsync(block, cancellationToken);
            if (seen?.Hash != blockHash)
            {
                return $"{node.Address} has {(seen is null ? "no block" : "another block")} at height {block}.";
            }
        }

        if (_validators.Length > 0)
        {
            JsonElement header = await Nodes[0].HeaderAtAsync(block, cancellationToken)
                ?? throw new RpcUnavailableException($"{Nodes[0].Address} no longer shows block {block}.");
            QbftHeader.Parse(header).RequireSeals(blockHash, _validators);
        }

        return null;
    }

    private static async Task RequireAsync(
        AnchorSettings settings, EthereumNode node, CancellationToken cancellationToken)
    {
        BigInteger chain = await node.ChainIdAsync(cancellationToken);
        if (chain != settings.ChainId)
        {
            throw new ChainDistrustException($"{node.Address} is on chain {chain}, not {settings.ChainId}.");
        }

        BlockHead? genesis = await node.BlockAtAsync(0, cancellationToken);
        if (!string.Equals(genesis?.Hash, settings.GenesisHash, StringComparison.OrdinalIgnoreCase))
        {
            throw new ChainDistrustException(
                $"{node.Address} begins with block {genesis?.Hash ?? "none"}, not {settings.GenesisHash}: "
                    + "it is another network with the same chain id.");
        }

        byte[] code = await node.CodeAsync(settings.ContractAddress, cancellationToken);
        string codeHash = Hex.OfBytes(Keccak256.HashData(code));
        if (!string.Equals(codeHash, settings.CodeHash, StringComparison.OrdinalIgnoreCase))
        {
            throw new ChainDistrustException(
                $"{node.Address} shows code {(code.Length == 0 ? "of no length" : codeHash)} at {settings.Contract}, "
                    + $"not {settings.CodeHash}.");
        }
    }
}
