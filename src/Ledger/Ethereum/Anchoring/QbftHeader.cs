using System.Text.Json;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Nodes;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Ledger.Ethereum.Anchoring;

/// <summary>The extra data of a QBFT block: RLP of vanity, validators, vote, round, seals.</summary>
/// <remarks>
/// Besu documentation, "QBFT", section "Extra data". What is hashed leaves the seals out, and for the block's own hash
/// the round is 0 too: else the validators could not sign a hash, nor agree on one from different rounds.
/// </remarks>
public sealed record QbftExtraData(
    byte[] Vanity, IReadOnlyList<EthereumAddress> Validators, RlpItem Vote, RlpItem Round, IReadOnlyList<byte[]> Seals)
{
    private const int VanityBytes = 32;
    private const int Fields = 5;

    /// <summary>Reads the field of a header.</summary>
    /// <exception cref="FormatException">The bytes are no such extra data.</exception>
    public static QbftExtraData Parse(ReadOnlySpan<byte> extraData)
    {
        IReadOnlyList<RlpItem> items = RlpItem.Decode(extraData).Items;
        if (items.Count != Fields || items[0].Bytes.Length != VanityBytes || !items[2].IsList)
        {
            throw new FormatException("QBFT's extra data is vanity, validators, vote, round and seals.");
        }

        _ = items[3].ToNumber();
        return new QbftExtraData(
            items[0].Bytes,
            [.. items[1].Items.Select(item => item.Bytes.Length == EthereumAddress.Size
                ? new EthereumAddress(item.Bytes)
                : throw new FormatException("A validator is an address."))],
            items[2],
            items[3],
            [.. items[4].Items.Select(item => item.Bytes)]);
    }

    /// <summary>The bytes, with all that they hold.</summary>
    public byte[] Encode() => Encode(Round, [.. Seals.Select(seal => RlpItem.Of(seal))]);

    /// <summary>What the validators sign with the rest of the header.</summary>
    public byte[] EncodeForSeals() => Encode(Round, []);

    /// <summary>What the block's hash covers.</summary>
    public byte[] EncodeForHash() => Encode(RlpItem.Of(0), []);

    private byte[] Encode(RlpItem round, RlpItem[] seals) => RlpItem.List(
        RlpItem.Of(Vanity),
        RlpItem.List([.. Validators.Select(one => RlpItem.Of(one.ToArray()))]),
        Vote,
        round,
        RlpItem.List(seals)).Encode();
}

/// <summary>A header of a QBFT chain, whose hash and seals can be checked without trusting the node.</summary>
public sealed class QbftHeader
{
    private const int ExtraDataAt = 12;

    // In the order of the header's RLP; those from the base fee on came later and are there or not. "Quantities" lose
    // their zeros in RLP, "data" keeps them.
    private static readonly (string Name, bool IsNumber)[] Names =
    [
        ("parentHash", false), ("sha3Uncles", false), ("miner", false), ("stateRoot", false),
        ("transactionsRoot", false), ("receiptsRoot", false), ("logsBloom", false), ("difficulty", true),
        ("number", true), ("gasLimit", true), ("gasUsed", true), ("timestamp", true), ("extraData", false),
        ("mixHash", false), ("nonce", false), ("baseFeePerGas", true), ("withdrawalsRoot", false),
        ("blobGasUsed", true), ("excessBlobGas", true), ("parentBeaconBlockRoot", false), ("requestsHash", false),
    ];

    private readonly RlpItem[] _fields;

    private QbftHeader(RlpItem[] fields, QbftExtraData extraData)
    {
        _fields = fields;
        ExtraData = extraData;
    }

    /// <summary>Validators, round and seals.</summary>
    public QbftExtraData ExtraData { get; }

    /// <summary>Reads the answer of eth_getBlockByNumber.</summary>
    /// <exception cref="RpcUnavailableException">It is no header of a QBFT block.</exception>
    public static QbftHeader Parse(JsonElement block)
    {
        try
        {
            RlpItem[] fields = [.. Names
                .Where(field => block.TryGetProperty(field.Name, out JsonElement value)
                    && value.ValueKind == JsonValueKind.String)
                .Select(field => FieldOf(block.GetProperty(field.Name).GetString()!, field.IsNumber))];
            return new QbftHeader(fields, QbftExtraData.Parse(fields[ExtraDataAt].Bytes));
        }
        catch (Exception trouble) when (trouble is FormatException or IndexOutOfRangeException)
        {
            throw new RpcUnavailableException($"The header is none of a QBFT block: {trouble.Message}", trouble);
        }
    }

    /// <summary>The hash of the block, 0x and lower-case hex.</summary>
    public string Hash() => Hex.OfBytes(HashWith(ExtraData.EncodeForHash()));

    /// <summary>The hash that the validators signed.</summary>
    public byte[] SealHash() => HashWith(ExtraData.EncodeForSeals());

    /// <summary>Checks that the header has this hash and seals of at least ⌈2n/3⌉ of n validators.</summary>
    /// <param name="hash">Hash of the block, as its number was resolved to.</param>
    /// <param name="validators">The validators that are trusted, whatever the header names.</param>
    /// <exception cref="ChainDistrustException">It has not.</exception>
    public void RequireSeals(string hash, IReadOnlyCollection<EthereumAddress> validators)
    {
        ArgumentNullException.ThrowIfNull(validators);
        if (Hash() != hash)
        {
            throw new ChainDistrustException($"The header that is shown for block {hash} has the hash {Hash()}.");
        }

        byte[] sealHash = SealHash();
        int signed = ExtraData.Seals.Select(seal => SignerOf(seal, sealHash)).Distinct()
            .Count(signer => signer is { } one && validators.Contains(one));

        // QBFT, "The Istanbul BFT Consensus Algorithm", Moniz 2020: a quorum is ⌈2n/3⌉.
        int quorum = ((2 * validators.Count) + 2) / 3;
        if (signed < quorum)
        {
            throw new ChainDistrustException(
                $"Block {hash} bears the seals of {signed} trusted validators, and {quorum} are needed.");
        }
    }

    private static EthereumAddress? SignerOf(byte[] seal, byte[] hash)
    {
        try
        {
            return EthereumSignature.Parse(seal).SignerOf(hash);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    private static RlpItem FieldOf(string text, bool isNumber) =>
        isNumber ? RlpItem.Of(Hex.ToNumber(text)) : RlpItem.Of(Hex.ToBytes(text));

    private byte[] HashWith(byte[] extraData)
    {
        RlpItem[] fields = [.. _fields];
        fields[ExtraDataAt] = RlpItem.Of(extraData);
        return Keccak256.HashData(RlpItem.List(fields).Encode());
    }
}
