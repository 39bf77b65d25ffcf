using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Ledger.Ethereum.Anchoring;

/// <summary>How gas is paid.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<FeePolicy>))]
public enum FeePolicy
{
    /// <summary>Nothing, on a network that charges nothing; refused where it does.</summary>
    Zero,

    /// <summary>Always <see cref="AnchorSettings.MaxFeePerGas"/>.</summary>
    Fixed,

    /// <summary>What the node asks, up to <see cref="AnchorSettings.MaxFeePerGas"/>.</summary>
    Node,
}

/// <summary>The file anchor.json: which chain, which contract, whose key. The chain is pinned.</summary>
/// <param name="Rpc">Nodes; the first is sent to, and all must agree on a block before it counts.</param>
/// <param name="ChainId">Chain id.</param>
/// <param name="GenesisHash">Hash of block 0.</param>
/// <param name="Contract">Address of the CheckpointAnchor.</param>
/// <param name="CodeHash">Keccak-256 of the code there.</param>
/// <param name="KeyFile">Private key of the account; a relative path is taken from this file's folder.</param>
public sealed record AnchorSettings(
    IReadOnlyList<Uri> Rpc,
    long ChainId,
    string GenesisHash,
    string Contract,
    string CodeHash,
    string KeyFile)
{
    private const int MostNodes = 8;
    private const int MostConfirmations = 10_000;
    private const int MostSeconds = 24 * 60 * 60;

    /// <summary>Name of the file in a coordinator's folder.</summary>
    public const string FileName = "anchor.json";

    /// <summary>File of the key's passphrase; null for a key in plain.</summary>
    public string? PassphraseFile { get; init; }

    /// <summary>How gas is paid.</summary>
    public FeePolicy Fee { get; init; } = FeePolicy.Zero;

    /// <summary>Most wei for a unit of gas; of <see cref="FeePolicy.Fixed"/> the price itself.</summary>
    public long MaxFeePerGas { get; init; }

    /// <summary>Blocks that must follow; 0 where blocks are final at once, as with QBFT.</summary>
    public int Confirmations { get; init; }

    /// <summary>Seconds between two blocks; after three of them without a receipt there is an alarm.</summary>
    public int BlockPeriodSeconds { get; init; } = 5;

    /// <summary>First block to look for events in: the one of the contract's creation.</summary>
    public long FromBlock { get; init; }

    /// <summary>Least seconds between two checkpoints of a log that the coordinator anchors.</summary>
    public int EverySeconds { get; init; } = 60;

    /// <summary>Validators whose seals a block must bear (QBFT); empty where seals are not checked.</summary>
    public IReadOnlyList<string> Validators { get; init; } = [];

    /// <summary>Seconds between two blocks.</summary>
    [JsonIgnore]
    public TimeSpan BlockPeriod => TimeSpan.FromSeconds(BlockPeriodSeconds);

    /// <summary>Address of the CheckpointAnchor.</summary>
    [JsonIgnore]
    public EthereumAddress ContractAddress => EthereumAddress.Parse(Contract);

    /// <summary>Reads and checks the file; relative paths in it become absolute.</summary>
    /// <exception cref="FormatException">It is malformed; the message names file and field.</exception>
    public static AnchorSettings Load(string path)
    {
        try
        {
            AnchorSettings settings =
                JsonSerializer.Deserialize(File.ReadAllBytes(path), AnchorJson.Default.AnchorSettings)
                ?? throw new FormatException("it is null.");
            settings.Check();
            string folder = Path.GetDirectoryName(Path.GetFullPath(path))!;
            return settings with
            {
                KeyFile = Path.Combine(folder, settings.KeyFile),
                PassphraseFile = settings.PassphraseFile is { } file ? Path.Combine(folder, file) : null,
            };
        }
        catch (Exception trouble) when (trouble is JsonException or FormatException)
        {
            throw new FormatException($"{path}: {trouble.Message}", trouble);
        }
    }

    /// <summary>The text of the file.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, AnchorJson.Default.AnchorSettings);

    /// <summary>The key that the settings name.</summary>
    /// <exception cref="System.Security.Cryptography.CryptographicException">It can't be used.</exception>
    public EthereumKey LoadKey() => EthereumKey.Load(
        KeyFile, PassphraseFile is { } file ? File.ReadAllText(file).TrimEnd('\r', '\n') : null);

    private void Check()
    {
        Require(Rpc.Count is > 0 and <= MostNodes, $"rpc: name 1 to {MostNodes} nodes.");
        Require(
            Rpc.All(uri => uri.IsAbsoluteUri && (uri.Scheme == Uri.UriSchemeHttps || uri.Scheme == Uri.UriSchemeHttp)),
            "rpc: give addresses that begin with http:// or https://.");
        Require(ChainId > 0, "chainId: give the number of the chain, at least 1.");
        Require(Hex.ToBytes(GenesisHash).Length == Keccak256.Size, "genesisHash: give 0x and 64 hex digits.");
        Require(Hex.ToBytes(CodeHash).Length == Keccak256.Size, "codeHash: give 0x and 64 hex digits.");
        _ = EthereumAddress.Parse(Contract);
        Require(Confirmations is >= 0 and <= MostConfirmations, $"confirmations: give 0 to {MostConfirmations}.");
        Require(BlockPeriodSeconds is > 0 and <= MostSeconds, $"blockPeriodSeconds: give 1 to {MostSeconds}.");
        Require(EverySeconds is >= 0 and <= MostSeconds, $"everySeconds: give 0 to {MostSeconds}.");
        Require(FromBlock >= 0, "fromBlock: give the block of the contract's creation.");
        Require(Fee == FeePolicy.Zero ? MaxFeePerGas == 0 : MaxFeePerGas > 0,
            "maxFeePerGas: give the most wei for a unit of gas with the fee Fixed or Node, and nothing with Zero.");
        foreach (string validator in Validators)
        {
            _ = EthereumAddress.Parse(validator);
        }
    }

    private static void Require(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new FormatException(otherwise);
        }
    }
}
