using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Ledger.Ethereum.Nodes;

/// <summary>The calls of a node that anchoring needs, with their answers read strictly.</summary>
/// <remarks>https://ethereum.github.io/execution-apis. Every answer is what one node says, no more.</remarks>
public sealed class EthereumNode(JsonRpcClient rpc)
{
    /// <summary>Blocks that are asked for at once: nodes bound what one query of logs may cover.</summary>
    public const int MostBlocksOfLogs = 1000;

    // Error of Besu and others: the query covers too much.
    private const long LimitExceeded = -32005;

    private const string Latest = "latest";

    /// <summary>Where it listens.</summary>
    public Uri Address => rpc.Address;

    /// <summary>The chain it is on.</summary>
    public async Task<BigInteger> ChainIdAsync(CancellationToken cancellationToken) =>
        Number(await rpc.CallAsync("eth_chainId", [], cancellationToken));

    /// <summary>The identifier of its network: decimal text.</summary>
    public async Task<string> NetworkVersionAsync(CancellationToken cancellationToken) =>
        Text(await rpc.CallAsync("net_version", [], cancellationToken));

    /// <summary>The newest block.</summary>
    public async Task<BlockHead> HeadAsync(CancellationToken cancellationToken) => HeadOf(await BlockAsync(
        Latest, cancellationToken)) ?? throw Malformed("It has no newest block.");

    /// <summary>The block at a height of the chain it takes for the right one; null above its head.</summary>
    public async Task<BlockHead?> BlockAtAsync(long number, CancellationToken cancellationToken) =>
        HeadOf(await BlockAsync(Hex.OfNumber(number), cancellationToken));

    /// <summary>The header of a block as JSON, for <c>QbftHeader</c>; null above its head.</summary>
    public async Task<JsonElement?> HeaderAtAsync(long number, CancellationToken cancellationToken) =>
        await BlockAsync(Hex.OfNumber(number), cancellationToken) is { ValueKind: JsonValueKind.Object } block
            ? block
            : null;

    /// <summary>The code at an address; empty where there is no contract.</summary>
    public async Task<byte[]> CodeAsync(EthereumAddress contract, CancellationToken cancellationToken) =>
        Bytes(await rpc.CallAsync("eth_getCode", [contract.ToString(), Latest], cancellationToken));

    /// <summary>How many transactions of an account the newest block has seen.</summary>
    public async Task<ulong> NonceAsync(EthereumAddress account, CancellationToken cancellationToken)
    {
        BigInteger nonce = Number(
            await rpc.CallAsync("eth_getTransactionCount", [account.ToString(), Latest], cancellationToken));
        return nonce < ulong.MaxValue ? (ulong)nonce : throw Malformed($"No account gets to nonce {nonce}.");
    }

    /// <summary>What a call would return in the newest block, without a transaction.</summary>
    /// <exception cref="RpcErrorException">The contract would revert.</exception>
    public async Task<byte[]> CallAsync(
        EthereumAddress from, EthereumAddress to, byte[] data, CancellationToken cancellationToken)
    {
        JsonObject call = Call(from, data);
        call["to"] = to.ToString();
        return Bytes(await rpc.CallAsync("eth_call", [call, Latest], cancellationToken));
    }

    /// <summary>Units of gas that the creation of a contract would use.</summary>
    /// <exception cref="RpcErrorException">It would revert.</exception>
    public async Task<BigInteger> GasOfCreationAsync(
        EthereumAddress from, byte[] data, CancellationToken cancellationToken) =>
        Number(await rpc.CallAsync("eth_estimateGas", [Call(from, data), Latest], cancellationToken));

    /// <summary>The price of gas in wei that the node would take.</summary>
    public async Task<BigInteger> GasPriceAsync(CancellationToken cancellationToken) =>
        Number(await rpc.CallAsync("eth_gasPrice", [], cancellationToken));

    /// <summary>Hands in a signed transaction. An answer says nothing of whether it will ever be in a block.</summary>
    /// <exception cref="RpcErrorException">Refused, or known already: codes and texts differ between nodes.</exception>
    public async Task SendAsync(byte[] signedTransaction, CancellationToken cancellationToken) =>
        await rpc.CallAsync("eth_sendRawTransaction", [Hex.OfBytes(signedTransaction)], cancellationToken);

    /// <summary>What became of a transaction; null where it is in no block that the node knows.</summary>
    public async Task<TransactionReceipt?> ReceiptAsync(string transactionHash, CancellationToken cancellationToken)
    {
        JsonElement answer =
            await rpc.CallAsync("eth_getTransactionReceipt", [transactionHash], cancellationToken);
        return answer.ValueKind == JsonValueKind.Null ? null : Read(answer, receipt => new TransactionReceipt(
            Hash(receipt, "transactionHash"),
            Height(receipt, "blockNumber"),
            Hash(receipt, "blockHash"),
            Hex.ToNumber(Text(receipt.GetProperty("status"))).IsOne,
            EthereumAddress.Parse(Text(receipt.GetProperty("from"))),
            AddressOf(receipt, "to"),
            AddressOf(receipt, "contractAddress"),
            Height(receipt, "gasUsed"),
            [.. receipt.GetProperty("logs").EnumerateArray().Select(LogOf)]));
    }

    /// <summary>Log entries of a contract in a range of blocks, both ends in; asked for in windows.</summary>
    /// <param name="contract">Whose entries.</param>
    /// <param name="topics">The first topics that they must have.</param>
    /// <param name="from">First block.</param>
    /// <param name="to">Last block.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async Task<IReadOnlyList<LogEntry>> LogsAsync(
        EthereumAddress contract,
        IReadOnlyList<byte[]> topics,
        long from,
        long to,
        CancellationToken cancellationToken)
    {
        List<LogEntry> entries = [];
        long window = MostBlocksOfLogs;
        while (from <= to)
        {
            long last = long.Min(to, from + window - 1);
            try
            {
                entries.AddRange(await WindowAsync(contract, topics, from, last, cancellationToken));
                from = last + 1;
            }
            catch (RpcErrorException tooMuch) when (tooMuch.Code == LimitExceeded && window > 1)
            {
                window /= 2;
            }
        }

        return entries;
    }

    private async Task<IReadOnlyList<LogEntry>> WindowAsync(
        EthereumAddress contract,
        IReadOnlyList<byte[]> topics,
        long from,
        long to,
        CancellationToken cancellationToken)
    {
        JsonObject filter = new()
        {
            ["address"] = contract.ToString(),
            ["fromBlock"] = Hex.OfNumber(from),
            ["toBlock"] = Hex.OfNumber(to),
            ["topics"] = new JsonArray([.. topics.Select(topic => (JsonNode)Hex.OfBytes(topic))]),
        };
        JsonElement answer = await rpc.CallAsync("eth_getLogs", [filter], cancellationToken);
        return Read(answer, logs => (IReadOnlyList<LogEntry>)[.. logs.EnumerateArray().Select(LogOf)]);
    }

    private async Task<JsonElement> BlockAsync(string tag, CancellationToken cancellationToken) =>
        await rpc.CallAsync("eth_getBlockByNumber", [tag, false], cancellationToken);

    private static JsonObject Call(EthereumAddress from, byte[] data) => new()
    {
        ["from"] = from.ToString(),
        ["data"] = Hex.OfBytes(data),
    };

    private BlockHead? HeadOf(JsonElement answer) => answer.ValueKind == JsonValueKind.Null ? null : Read(
        answer,
        block => new BlockHead(
            Height(block, "number"),
            Hash(block, "hash"),
            block.TryGetProperty("baseFeePerGas", out JsonElement fee) ? Hex.ToNumber(Text(fee)) : null));

    private static LogEntry LogOf(JsonElement log) => new(
        EthereumAddress.Parse(Text(log.GetProperty("address"))),
        [.. log.GetProperty("topics").EnumerateArray().Select(topic => Hex.ToBytes(Text(topic)))],
        Hex.ToBytes(Text(log.GetProperty("data"))),
        Hash(log, "transactionHash"),
        Height(log, "blockNumber"));

    private static EthereumAddress? AddressOf(JsonElement source, string name) =>
        source.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? EthereumAddress.Parse(Text(value))
            : null;

    private static string Hash(JsonElement source, string name)
    {
        byte[] bytes = Hex.ToBytes(Text(source.GetProperty(name)));
        return bytes.Length == Keccak256.Size
            ? Hex.OfBytes(bytes)
            : throw new FormatException($"{name} has {bytes.Length} bytes.");
    }

    private static long Height(JsonElement source, string name)
    {
        BigInteger number = Hex.ToNumber(Text(source.GetProperty(name)));
        return number <= long.MaxValue ? (long)number : throw new FormatException($"{name} is {number}.");
    }

    private BigInteger Number(JsonElement answer) => Read(answer, value => Hex.ToNumber(Text(value)));

    private byte[] Bytes(JsonElement answer) => Read(answer, value => Hex.ToBytes(Text(value)));

    private static string Text(JsonElement value) => value.GetString() ?? throw new FormatException("it is null.");

    private T Read<T>(JsonElement answer, Func<JsonElement, T> read)
    {
        try
        {
            return read(answer);
        }
        catch (Exception trouble) when (trouble is FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw Malformed(trouble.Message);
        }
    }

    private RpcUnavailableException Malformed(string detail) => new(string.Create(
        CultureInfo.InvariantCulture, $"{Address} gave an answer that can't be read: {detail}"));
}
