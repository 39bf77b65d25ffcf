using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Ethereum.Anchoring;

/// <summary>What an anchor must not forget, each thing a small file that is on disk when the call returns.</summary>
/// <remarks>
/// <c>queue/</c>: checkpoints to anchor, kept until they are anchored. <c>transactions/</c>: one file for each nonce,
/// written before the transaction is first sent. <c>anchored/</c>: where each checkpoint was found. A crash between two
/// of the writes is repaired by the next pass, since each is written again with the same content. One process writes,
/// which <see cref="AnchorClient"/> sees to; others may read.
/// </remarks>
public sealed class AnchorFolder
{
    /// <summary>
    /// How many settled transactions, and anchored checkpoints of a log, are kept. A chain that forgets more than these
    /// has more to answer for; the records <c>anchored</c> on the data log stay for ever.
    /// </summary>
    public const int Kept = 128;

    private const string AnyFile = "*.json";

    private readonly string _queue;
    private readonly string _transactions;
    private readonly string _anchored;

    /// <summary>Opens the folder, and makes it where there is none.</summary>
    public AnchorFolder(string folder)
    {
        _queue = Path.Combine(folder, "queue");
        _transactions = Path.Combine(folder, "transactions");
        _anchored = Path.Combine(folder, "anchored");
        foreach (string part in new[] { _queue, _transactions, _anchored })
        {
            DurableFile.CreateFolder(part);
        }
    }

    /// <summary>Checkpoints that wait, by log and size.</summary>
    public IReadOnlyList<AnchorPurpose> Queue() => All(_queue, AnchorJson.Default.AnchorPurpose);

    /// <summary>Transactions by nonce.</summary>
    public IReadOnlyList<TransactionRecord> Transactions() =>
        All(_transactions, AnchorJson.Default.TransactionRecord);

    /// <summary>Checkpoints that are anchored, by log and size.</summary>
    public IReadOnlyList<AnchoredCheckpoint> Anchored() => All(_anchored, AnchorJson.Default.AnchoredCheckpoint);

    /// <summary>Adds a checkpoint that waits; one that waits or is anchored already changes nothing.</summary>
    public void Enqueue(AnchorPurpose purpose)
    {
        ArgumentNullException.ThrowIfNull(purpose);
        string path = Path.Combine(_queue, purpose.FileName);
        if (!File.Exists(path) && !File.Exists(Path.Combine(_anchored, purpose.FileName)))
        {
            Write(path, purpose, AnchorJson.Default.AnchorPurpose);
        }
    }

    internal void Dequeue(AnchorPurpose purpose) => Delete(_queue, purpose.FileName);

    internal void Write(TransactionRecord transaction) => Write(
        Path.Combine(_transactions, NameOf(transaction)), transaction, AnchorJson.Default.TransactionRecord);

    internal void Write(AnchoredCheckpoint anchored) => Write(
        Path.Combine(_anchored, anchored.Purpose.FileName), anchored, AnchorJson.Default.AnchoredCheckpoint);

    internal void Forget(AnchorPurpose purpose) => Delete(_anchored, purpose.FileName);

    internal void Prune()
    {
        TransactionRecord[] settled = [.. Transactions().Where(one => one.State != TransactionState.Open)];
        foreach (TransactionRecord old in settled.SkipLast(Kept))
        {
            Delete(_transactions, NameOf(old));
        }

        foreach (IGrouping<string, AnchoredCheckpoint> log in Anchored().GroupBy(one => one.Purpose.Origin))
        {
            foreach (AnchoredCheckpoint old in log.SkipLast(Kept))
            {
                Forget(old.Purpose);
            }
        }
    }

    /// <summary>Removes what interrupted writes left; for the one process that writes, at its start.</summary>
    internal void RemoveLeftovers()
    {
        foreach (string part in new[] { _queue, _transactions, _anchored })
        {
            DurableFile.RemoveLeftovers(part);
        }
    }

    private static string NameOf(TransactionRecord transaction) =>
        string.Create(CultureInfo.InvariantCulture, $"{transaction.Nonce:D20}.json");

    private static void Write<T>(string path, T value, JsonTypeInfo<T> type) =>
        DurableFile.WriteAtomically(path, JsonSerializer.SerializeToUtf8Bytes(value, type));

    private static void Delete(string folder, string name)
    {
        File.Delete(Path.Combine(folder, name));
        DurableFile.SyncFolder(folder);
    }

    private static List<T> All<T>(string folder, JsonTypeInfo<T> type)
    {
        List<T> all = [];
        foreach (string path in Directory.EnumerateFiles(folder, AnyFile).Order(StringComparer.Ordinal))
        {
            try
            {
                all.Add(JsonSerializer.Deserialize(File.ReadAllBytes(path), type)!);
            }
            catch (JsonException error)
            {
                throw new LedgerDamagedException(all.Count, $"{path} can't be read: {error.Message}");
            }
        }

        return all;
    }
}
