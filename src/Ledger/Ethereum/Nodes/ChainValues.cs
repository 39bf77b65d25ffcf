using System.Numerics;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Ledger.Ethereum.Nodes;

/// <summary>A block as far as anchoring needs it.</summary>
/// <param name="Number">Its height.</param>
/// <param name="Hash">Its hash, 0x and lower-case hex.</param>
/// <param name="BaseFeePerGas">Wei a unit of gas costs at least; null before the London rules.</param>
public sealed record BlockHead(long Number, string Hash, BigInteger? BaseFeePerGas);

/// <summary>What a contract said while a transaction ran.</summary>
public sealed record LogEntry(
    EthereumAddress Address, IReadOnlyList<byte[]> Topics, byte[] Data, string TransactionHash, long Block);

/// <summary>What became of a transaction.</summary>
/// <param name="TransactionHash">Its hash, 0x and lower-case hex.</param>
/// <param name="Block">Height of its block.</param>
/// <param name="BlockHash">Hash of its block.</param>
/// <param name="Succeeded">Status 1; else all that it did was undone.</param>
/// <param name="From">Who sent it.</param>
/// <param name="To">Whom it called; null where it created a contract.</param>
/// <param name="Contract">The contract it created.</param>
/// <param name="GasUsed">Units of gas.</param>
/// <param name="Logs">The log entries of this transaction.</param>
public sealed record TransactionReceipt(
    string TransactionHash,
    long Block,
    string BlockHash,
    bool Succeeded,
    EthereumAddress From,
    EthereumAddress? To,
    EthereumAddress? Contract,
    long GasUsed,
    IReadOnlyList<LogEntry> Logs);
