using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Serialization;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Ethereum.Anchoring;

/// <summary>What is anchored of a checkpoint: the log's name, how many records, their root in base64.</summary>
public sealed record AnchorPurpose(string Origin, long Size, string Root)
{
    /// <summary>SHA-256 of the log's name, as in C2SP tlog-witness: a name of any length in one word.</summary>
    [JsonIgnore]
    public byte[] OriginHash => SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(Origin));

    /// <summary>The root as the contract takes it, 32 bytes.</summary>
    [JsonIgnore]
    public byte[] RootBytes => MerkleHash.Parse(Root).ToArray();

    /// <summary>Name of the files about it: sorts by log, then by size.</summary>
    [JsonIgnore]
    internal string FileName => string.Create(
        CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(OriginHash)}-{Size:D19}.json");

    /// <summary>The purpose of anchoring a checkpoint.</summary>
    public static AnchorPurpose Of(Checkpoint checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        return new AnchorPurpose(checkpoint.Origin, checkpoint.Size, checkpoint.Root.ToString());
    }
}

/// <summary>Where a checkpoint was found anchored. Hashes are 0x and lower-case hex.</summary>
public sealed record AnchoredCheckpoint(AnchorPurpose Purpose, string Transaction, long Block, string BlockHash);

/// <summary>How far a transaction of ours has come.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<TransactionState>))]
public enum TransactionState
{
    /// <summary>Written down; perhaps sent, perhaps in a block.</summary>
    Open,

    /// <summary>In a block that counts, with our event.</summary>
    Anchored,

    /// <summary>In a block that counts, and the contract found another root for this size.</summary>
    Forked,

    /// <summary>In a block that counts, and undone by the contract.</summary>
    Reverted,

    /// <summary>Another transaction of the same key took its nonce.</summary>
    Replaced,
}

/// <summary>A transaction, durable before it is first sent, so that in doubt the same one goes out again.</summary>
/// <param name="Nonce">Its nonce.</param>
/// <param name="RawTransaction">The signed bytes in hex.</param>
/// <param name="Hash">Its hash.</param>
/// <param name="Purpose">What it anchors.</param>
/// <param name="Written">When it was written down.</param>
/// <param name="State">How far it has come.</param>
public sealed record TransactionRecord(
    ulong Nonce,
    string RawTransaction,
    string Hash,
    AnchorPurpose Purpose,
    DateTimeOffset Written,
    TransactionState State);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    WriteIndented = true)]
[JsonSerializable(typeof(AnchorPurpose))]
[JsonSerializable(typeof(AnchoredCheckpoint))]
[JsonSerializable(typeof(TransactionRecord))]
[JsonSerializable(typeof(AnchorSettings))]
[JsonSerializable(typeof(ContractArtefact))]
internal sealed partial class AnchorJson : JsonSerializerContext;
