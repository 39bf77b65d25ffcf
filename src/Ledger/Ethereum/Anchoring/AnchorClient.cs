using System.Globalization;
using System.Numerics;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Nodes;
using DigitalTwin.Ledger.Ethereum.Transactions;
using DigitalTwin.Ledger.Storage;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Ethereum.Anchoring;

/// <summary>Anchors the checkpoints of a queue, one transaction at a time, each exactly once.</summary>
/// <remarks>
/// A transaction is durable before it is sent, and no other is ever signed for its nonce until the chain has passed it.
/// So a kill at any moment leaves either a checkpoint in the queue, or a transaction that is sent again as it is. It
/// counts when its receipt shows our event and its block is final for every node; a hash that a node returns is no
/// acceptance. Not safe for concurrent use.
/// </remarks>
public sealed class AnchorClient : IDisposable
{
    /// <summary>Most gas of one anchor; on anvil and hardhat the first of a log took 75,404, others 58,304.</summary>
    public const int GasLimit = 200_000;

    /// <summary>After how many block periods without a receipt there is an alarm.</summary>
    public const int PatienceInBlocks = 3;

    private readonly AnchorSettings _settings;
    private readonly PinnedChain _chain;
    private readonly AnchorFolder _folder;
    private readonly EthereumKey _key;
    private readonly SafeFileHandle _writer;
    private readonly TimeProvider _time;
    private readonly EthereumNode _node;

    private AnchorClient(
        AnchorSettings settings,
        PinnedChain chain,
        AnchorFolder folder,
        EthereumKey key,
        SafeFileHandle writer,
        TimeProvider time)
    {
        _settings = settings;
        _chain = chain;
        _folder = folder;
        _key = key;
        _writer = writer;
        _time = time;
        _node = chain.Nodes[0];
    }

    /// <summary>The account that anchors.</summary>
    public EthereumAddress Account => _key.Address;

    /// <summary>What the node calls its network, for the log.</summary>
    public string NetworkVersion => _chain.NetworkVersion;

    /// <summary>Takes the key for itself and holds every node against the pins.</summary>
    /// <param name="settings">Chain, contract and key.</param>
    /// <param name="folder">What must not be forgotten.</param>
    /// <param name="http">Sends; stays the caller's.</param>
    /// <param name="time">Clock of alarms and time-outs.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="AnchorKeyLockedException">Another process uses the key.</exception>
    /// <exception cref="ChainDistrustException">A node is on another chain.</exception>
    /// <exception cref="RpcUnavailableException">A node does not answer.</exception>
    public static async Task<AnchorClient> OpenAsync(
        AnchorSettings settings,
        AnchorFolder folder,
        HttpClient http,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(settings);
        ArgumentNullException.ThrowIfNull(folder);
        SafeFileHandle writer = DurableFile.TryLock(settings.KeyFile + ".lock")
            ?? throw new AnchorKeyLockedException(settings.KeyFile);
        EthereumKey? key = null;
        try
        {
            key = settings.LoadKey();
            PinnedChain chain = await PinnedChain.ConnectAsync(settings, http, time, cancellationToken);
            folder.RemoveLeftovers();
            return new AnchorClient(settings, chain, folder, key, writer, time);
        }
        catch
        {
            key?.Dispose();
            writer.Dispose();
            throw;
        }
    }

    /// <summary>One pass: follows the transaction on its way, else sends the next.</summary>
    /// <exception cref="ChainDistrustException">A node says what its receipts do not bear out.</exception>
    /// <exception cref="RpcUnavailableException">A node does not answer; the next pass tries again.</exception>
    public async Task<AnchorStep> AdvanceAsync(CancellationToken cancellationToken)
    {
        BlockHead head = await _node.HeadAsync(cancellationToken);
        ulong next = await _node.NonceAsync(Account, cancellationToken);
        await ReopenAsync(head, next, cancellationToken);

        TransactionRecord? open = _folder.Transactions().FirstOrDefault(one => one.State == TransactionState.Open);
        return open is not null
            ? await FollowAsync(open, head, next, cancellationToken)
            : await SendNextAsync(head, next, cancellationToken);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _key.Dispose();
        _writer.Dispose();
    }

    // A chain may forget: then what was settled is open again, and the same transactions go out again in their order.
    private async Task ReopenAsync(BlockHead head, ulong next, CancellationToken cancellationToken)
    {
        foreach (TransactionRecord lost in _folder.Transactions().Where(one => one.Nonce >= next))
        {
            if (lost.State != TransactionState.Open)
            {
                Reopen(lost);
            }
        }

        IEnumerable<AnchoredCheckpoint> newestFirst = _folder.Anchored().OrderByDescending(one => one.Block);
        foreach (AnchoredCheckpoint anchored in newestFirst)
        {
            BlockHead? seen = anchored.Block <= head.Number
                ? await _node.BlockAtAsync(anchored.Block, cancellationToken)
                : null;
            if (seen?.Hash == anchored.BlockHash)
            {
                return; // Blocks name their parents, so the older ones stand too.
            }

            TransactionRecord? own = _folder.Transactions().LastOrDefault(one => one.Hash == anchored.Transaction);
            if (own is not null)
            {
                Reopen(own);
            }
            else
            {
                Requeue(anchored.Purpose);
            }
        }
    }

    // The checkpoint goes back first: a crash in between finds the transaction still settled, and does both again.
    private void Reopen(TransactionRecord lost)
    {
        Requeue(lost.Purpose);
        _folder.Write(lost with { State = TransactionState.Open, Written = _time.GetUtcNow() });
    }

    private void Requeue(AnchorPurpose purpose)
    {
        _folder.Forget(purpose);
        _folder.Enqueue(purpose);
    }

    private async Task<AnchorStep> FollowAsync(
        TransactionRecord open, BlockHead head, ulong next, CancellationToken cancellationToken)
    {
        TransactionReceipt? receipt = await _node.ReceiptAsync(open.Hash, cancellationToken);
        if (receipt is not null)
        {
            return await JudgeAsync(open, receipt, head, cancellationToken);
        }

        if (open.Nonce < next)
        {
            _folder.Write(open with { State = TransactionState.Replaced });
            return new AnchorStep(
                AnchorOutcome.Blocked,
                Say(open, "another transaction of the same key took its nonce. Does a second program use the key?"));
        }

        string answer = await SendAsync(open, cancellationToken);
        bool late = _time.GetUtcNow() - open.Written > PatienceInBlocks * _settings.BlockPeriod;
        return late
            ? new AnchorStep(AnchorOutcome.Stuck, Say(open, string.Create(
                CultureInfo.InvariantCulture,
                $"no block took it in {PatienceInBlocks} block periods; the account's next nonce is {next}{answer}.")))
            : new AnchorStep(AnchorOutcome.Waiting, Say(open, "it is on its way."));
    }

    private async Task<AnchorStep> JudgeAsync(
        TransactionRecord open, TransactionReceipt receipt, BlockHead head, CancellationToken cancellationToken)
    {
        RequireOurs(open, receipt, _node);
        if (await _chain.MissingAsync(receipt.Block, receipt.BlockHash, head.Number, cancellationToken) is { } missing)
        {
            return new AnchorStep(AnchorOutcome.Waiting, Say(open, missing));
        }

        foreach (EthereumNode other in _chain.Nodes.Skip(1))
        {
            if (await other.ReceiptAsync(open.Hash, cancellationToken) is not { } second
                || second.BlockHash != receipt.BlockHash)
            {
                return new AnchorStep(AnchorOutcome.Waiting, Say(open, $"{other.Address} has no such receipt."));
            }

            RequireOurs(open, second, other);
            if (second.Succeeded != receipt.Succeeded
                || _chain.Contract.Anchors(second, open.Purpose) != _chain.Contract.Anchors(receipt, open.Purpose))
            {
                throw new ChainDistrustException(Say(open, $"{other.Address} shows another receipt."));
            }
        }

        if (!receipt.Succeeded)
        {
            _folder.Write(open with { State = TransactionState.Reverted });
            return new AnchorStep(AnchorOutcome.Blocked, Say(open, "the contract undid it."));
        }

        if (_chain.Contract.ReportsFork(receipt, open.Purpose))
        {
            _folder.Write(open with { State = TransactionState.Forked });
            _folder.Dequeue(open.Purpose);
            return new AnchorStep(
                AnchorOutcome.Forked, Say(open, "the chain holds another root for this size: the log has forked."));
        }

        return await SettleAsync(open, receipt, cancellationToken);
    }

    private async Task<AnchorStep> SettleAsync(
        TransactionRecord open, TransactionReceipt receipt, CancellationToken cancellationToken)
    {
        AnchoredCheckpoint? anchored = _chain.Contract.Anchors(receipt, open.Purpose)
            ? new AnchoredCheckpoint(open.Purpose, receipt.TransactionHash, receipt.Block, receipt.BlockHash)
            : await _chain.Contract.FindAsync(open.Purpose, _settings.FromBlock, cancellationToken);
        if (anchored is null || anchored.Block > receipt.Block)
        {
            throw new ChainDistrustException(Say(
                open, $"{_node.Address} shows a receipt without our event. Nothing is anchored until one does."));
        }

        // Where the event is an earlier transaction's, somebody else anchored the same checkpoint before ours ran.
        return Keep(anchored, open);
    }

    private AnchorStep Keep(AnchoredCheckpoint anchored, TransactionRecord? own)
    {
        _folder.Write(anchored);
        if (own is not null)
        {
            _folder.Write(own with { State = TransactionState.Anchored });
        }

        _folder.Dequeue(anchored.Purpose);
        _folder.Prune();
        return new AnchorStep(
            AnchorOutcome.Anchored,
            string.Create(
                CultureInfo.InvariantCulture,
                $"{anchored.Purpose.Origin}, {anchored.Purpose.Size} records: anchored in block {anchored.Block}."),
            anchored);
    }

    private async Task<AnchorStep> SendNextAsync(BlockHead head, ulong next, CancellationToken cancellationToken)
    {
        AnchorStep? blocked = null;
        string? blockedLog = null;
        foreach (AnchorPurpose purpose in _folder.Queue().Where(one => one.Origin != blockedLog))
        {
            AnchorStep step = await TrySendAsync(purpose, head, next, cancellationToken);
            if (step.Outcome != AnchorOutcome.Blocked)
            {
                return step;
            }

            // Larger checkpoints of this log wait behind it; the other log need not.
            blocked = step;
            blockedLog = purpose.Origin;
        }

        return blocked ?? new AnchorStep(AnchorOutcome.Idle, "Nothing waits to be anchored.");
    }

    private async Task<AnchorStep> TrySendAsync(
        AnchorPurpose purpose, BlockHead head, ulong next, CancellationToken cancellationToken)
    {
        string? root = await _chain.Contract.RootOfAsync(purpose.OriginHash, purpose.Size, cancellationToken);
        if (root == purpose.Root)
        {
            return await AdoptAsync(purpose, head, cancellationToken);
        }

        if (root is null && await _chain.Contract.SizeOfAsync(purpose.OriginHash, cancellationToken) > purpose.Size)
        {
            _folder.Dequeue(purpose);
            return new AnchorStep(
                AnchorOutcome.Superseded, Say(purpose, "a larger checkpoint of this log is anchored already."));
        }

        byte[] call = CheckpointContract.AnchorCall(purpose);
        try
        {
            await _node.CallAsync(Account, _settings.ContractAddress, call, cancellationToken);
        }
        catch (RpcErrorException refusal)
        {
            return new AnchorStep(AnchorOutcome.Blocked, Say(purpose, $"the contract refuses. {refusal.Message}."));
        }

        (GasPrice? price, string why) = await GasPricing.QuoteAsync(
            _settings.Fee, _settings.MaxFeePerGas, _node, head, cancellationToken);
        return price is { } fee
            ? await SendNewAsync(purpose, call, fee, next, cancellationToken)
            : new AnchorStep(AnchorOutcome.Blocked, Say(purpose, why));
    }

    private async Task<AnchorStep> SendNewAsync(
        AnchorPurpose purpose, byte[] call, GasPrice fee, ulong nonce, CancellationToken cancellationToken)
    {
        EthereumTransaction transaction = new EthereumTransaction
        {
            Type = fee.Tip is null ? TransactionType.Legacy : TransactionType.DynamicFee,
            ChainId = _settings.ChainId,
            Nonce = nonce,
            MaxFeePerGas = fee.Max,
            MaxPriorityFeePerGas = fee.Tip ?? BigInteger.Zero,
            GasLimit = GasLimit,
            To = _settings.ContractAddress,
            Data = call,
        }.SignedBy(_key);
        TransactionRecord record = new(
            nonce,
            Hex.OfBytes(transaction.Encode()),
            Hex.OfBytes(transaction.Hash()),
            purpose,
            _time.GetUtcNow(),
            TransactionState.Open);
        _folder.Write(record);
        string answer = await SendAsync(record, cancellationToken);
        return new AnchorStep(AnchorOutcome.Sent, Say(record, $"it was sent{answer}."));
    }

    private async Task<AnchorStep> AdoptAsync(
        AnchorPurpose purpose, BlockHead head, CancellationToken cancellationToken)
    {
        AnchoredCheckpoint found =
            await _chain.Contract.FindAsync(purpose, _settings.FromBlock, cancellationToken)
            ?? throw new ChainDistrustException(Say(
                purpose, $"{_node.Address} says that it is anchored and shows no event since {_settings.FromBlock}."));
        return await _chain.MissingAsync(found.Block, found.BlockHash, head.Number, cancellationToken) is { } missing
            ? new AnchorStep(AnchorOutcome.Waiting, Say(purpose, missing))
            : Keep(found, null);
    }

    // A refusal says little: "known" may be good news and "nonce too low" means it is in a block. The receipt decides.
    private async Task<string> SendAsync(TransactionRecord record, CancellationToken cancellationToken)
    {
        try
        {
            await _node.SendAsync(Hex.ToBytes(record.RawTransaction), cancellationToken);
            return "";
        }
        catch (RpcErrorException refusal)
        {
            return $"; {refusal.Message}";
        }
    }

    private void RequireOurs(TransactionRecord open, TransactionReceipt receipt, EthereumNode node)
    {
        if (receipt.TransactionHash != open.Hash
            || receipt.From != Account
            || receipt.To != _settings.ContractAddress)
        {
            throw new ChainDistrustException(
                Say(open, $"{node.Address} shows the receipt of {receipt.TransactionHash} for it."));
        }
    }

    private static string Say(TransactionRecord open, string what) => Say(open.Purpose, string.Create(
        CultureInfo.InvariantCulture, $"transaction {open.Hash} of nonce {open.Nonce}: {what}"));

    private static string Say(AnchorPurpose purpose, string what) => string.Create(
        CultureInfo.InvariantCulture, $"{purpose.Origin}, {purpose.Size} records: {what}");
}
