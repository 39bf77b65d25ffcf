using System.Numerics;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Nodes;
using DigitalTwin.Ledger.Ethereum.Transactions;
using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Ethereum.Anchoring;

/// <summary>The contract CheckpointAnchor as one node shows it.</summary>
/// <param name="node">The node that is asked.</param>
/// <param name="address">Where the contract is.</param>
public sealed class CheckpointContract(EthereumNode node, EthereumAddress address)
{
    private static readonly AbiEvent AnchoredEvent =
        AbiEvent.Of("CheckpointAnchored", ["bytes32 indexed", "uint64", "bytes32", "address indexed"]);

    private static readonly AbiEvent ForkEvent =
        AbiEvent.Of("ForkReported", ["bytes32 indexed", "uint64", "bytes32", "bytes32", "address indexed"]);

    private static readonly IReadOnlyList<AbiType> Root = AbiType.ParseList("bytes32");
    private static readonly IReadOnlyList<AbiType> Size = AbiType.ParseList("uint64");

    /// <summary>The call that anchors a checkpoint.</summary>
    public static byte[] AnchorCall(AnchorPurpose purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        return Abi.Call(
            "anchor(bytes32,uint64,bytes32)", purpose.OriginHash, new BigInteger(purpose.Size), purpose.RootBytes);
    }

    /// <summary>The root anchored for a log and size; null where there is none.</summary>
    public async Task<string?> RootOfAsync(byte[] originHash, long size, CancellationToken cancellationToken)
    {
        byte[] call = Abi.Call("rootOf(bytes32,uint64)", originHash, new BigInteger(size));
        byte[] root = (byte[])await AskAsync(call, Root, cancellationToken);
        return root.All(one => one == 0) ? null : new MerkleHash(root).ToString();
    }

    /// <summary>The largest size anchored for a log; 0 where there is none.</summary>
    public async Task<long> SizeOfAsync(byte[] originHash, CancellationToken cancellationToken)
    {
        BigInteger size = (BigInteger)await AskAsync(
            Abi.Call("sizeOf(bytes32)", originHash), Size, cancellationToken);
        return size <= long.MaxValue ? (long)size : long.MaxValue;
    }

    /// <summary>
    /// Where a checkpoint was anchored: an event of a transaction whose own receipt holds it; null where there is none.
    /// </summary>
    /// <exception cref="ChainDistrustException">A query finds an event that its receipt does not hold.</exception>
    public async Task<AnchoredCheckpoint?> FindAsync(
        AnchorPurpose purpose, long fromBlock, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        BlockHead head = await node.HeadAsync(cancellationToken);
        byte[][] topics = [AnchoredEvent.Topic, purpose.OriginHash];

        // Backwards, in windows: what is looked for is nearly always recent.
        for (long last = head.Number; last >= fromBlock; last -= EthereumNode.MostBlocksOfLogs)
        {
            long first = long.Max(fromBlock, last - EthereumNode.MostBlocksOfLogs + 1);
            IReadOnlyList<LogEntry> entries = await node.LogsAsync(address, topics, first, last, cancellationToken);
            if (entries.FirstOrDefault(entry => Says(entry, purpose)) is { } entry)
            {
                TransactionReceipt? receipt = await node.ReceiptAsync(entry.TransactionHash, cancellationToken);
                return receipt is { Succeeded: true } && Anchors(receipt, purpose)
                    ? new AnchoredCheckpoint(purpose, receipt.TransactionHash, receipt.Block, receipt.BlockHash)
                    : throw new ChainDistrustException(
                        $"{node.Address} shows an event of {entry.TransactionHash} that its receipt does not hold.");
            }
        }

        return null;
    }

    /// <summary>Whether a receipt holds our contract's event that this checkpoint was anchored.</summary>
    internal bool Anchors(TransactionReceipt receipt, AnchorPurpose purpose) =>
        receipt.Logs.Any(entry => entry.TransactionHash == receipt.TransactionHash && Says(entry, purpose));

    /// <summary>Whether a receipt holds our event that this checkpoint contradicts an anchored one.</summary>
    internal bool ReportsFork(TransactionReceipt receipt, AnchorPurpose purpose) => receipt.Logs.Any(entry =>
        entry.Address == address
        && entry.TransactionHash == receipt.TransactionHash
        && ValuesOf(ForkEvent, entry) is [byte[] origin, BigInteger size, byte[], byte[] root, _]
        && IsAbout(purpose, origin, size, root));

    private bool Says(LogEntry entry, AnchorPurpose purpose) =>
        entry.Address == address
        && ValuesOf(AnchoredEvent, entry) is [byte[] origin, BigInteger size, byte[] root, _]
        && IsAbout(purpose, origin, size, root);

    private static IReadOnlyList<object>? ValuesOf(AbiEvent kind, LogEntry entry)
    {
        try
        {
            return kind.Decode(entry.Topics, entry.Data);
        }
        catch (FormatException)
        {
            // Our contract cannot have written it, so it is no evidence; whoever looks for evidence goes on without.
            return null;
        }
    }

    private static bool IsAbout(AnchorPurpose purpose, byte[] origin, BigInteger size, byte[] root) =>
        origin.AsSpan().SequenceEqual(purpose.OriginHash)
        && size == purpose.Size
        && root.AsSpan().SequenceEqual(purpose.RootBytes);

    private async Task<object> AskAsync(
        byte[] call, IReadOnlyList<AbiType> answer, CancellationToken cancellationToken)
    {
        byte[] encoded = await node.CallAsync(default, address, call, cancellationToken);
        try
        {
            return Abi.Decode(answer, encoded)[0];
        }
        catch (FormatException trouble)
        {
            throw new RpcUnavailableException($"{node.Address}: {address} answers as no anchor does.", trouble);
        }
    }
}
