using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Verification;

/// <summary>One leaf of a log, read: a record, or the sentence that says why it is none.</summary>
internal readonly record struct ReadRecord(ReadOnlyMemory<byte> Leaf, Envelope? Record, string? Problem);

/// <summary>Reads the records of a log in order, in batches, on all processors ahead of the one who judges.</summary>
/// <remarks>
/// What does not depend on the records before is done here: reading, parsing, and the signature under the key that
/// the record names. Two batches are in memory at any time, whatever the length of the log.
/// </remarks>
internal sealed class RecordReader : IDisposable
{
    /// <summary>So few that the collector finds their trees dead while young; still milliseconds of work.</summary>
    private const int BatchSize = 128;

    private readonly EntryLog _log;
    private readonly MemberRegistry _registry;

    // A key is used by one thread at a time, so every worker has its own.
    private readonly Dictionary<string, RecordVerifier>[] _keys =
        [.. Enumerable.Range(0, Environment.ProcessorCount).Select(_ => new Dictionary<string, RecordVerifier>())];

    public RecordReader(EntryLog log, MemberRegistry registry)
    {
        _log = log;
        _registry = registry;
    }

    /// <summary>Every record with its index; the next batch is read while the caller works on one.</summary>
    public IEnumerable<(long Index, ReadRecord Record)> Records()
    {
        long size = _log.Size;
        Task<ReadRecord[]> next = BatchAt(0, size);
        for (long start = 0; start < size; start += BatchSize)
        {
            ReadRecord[] batch = next.GetAwaiter().GetResult();
            next = BatchAt(start + BatchSize, size);
            for (int i = 0; i < batch.Length; i++)
            {
                yield return (start + i, batch[i]);
            }
        }
    }

    public void Dispose()
    {
        foreach (RecordVerifier key in _keys.SelectMany(keys => keys.Values))
        {
            key.Dispose();
        }
    }

    private async Task<ReadRecord[]> BatchAt(long start, long size)
    {
        ReadRecord[] batch = new ReadRecord[(int)long.Clamp(size - start, 0, BatchSize)];
        if (batch.Length == 0)
        {
            return batch;
        }

        // The key that a record names may have been admitted since; then whoever judges verifies it himself.
        Dictionary<string, byte[]> members = [];
        foreach (Member member in _registry.Members())
        {
            members[RecordKey.KeyIdOf(member.IdentityKey)] = member.IdentityKey;
        }

        int at = -1;
        await Task.WhenAll(_keys.Select(keys => Task.Run(() =>
        {
            for (int i = Interlocked.Increment(ref at); i < batch.Length; i = Interlocked.Increment(ref at))
            {
                batch[i] = Read(start + i, members, keys);
            }
        })));
        return batch;
    }

    private ReadRecord Read(
        long index, Dictionary<string, byte[]> members, Dictionary<string, RecordVerifier> keys)
    {
        ReadOnlyMemory<byte> leaf = _log.Read(index);
        try
        {
            Envelope record = Envelope.Parse(leaf);
            record.CheckAhead();
            if (KeyOf(record.KeyId, members, keys) is RecordVerifier key)
            {
                record.VerifyAhead(key, record.KeyId);
            }

            return new ReadRecord(leaf, record, null);
        }
        catch (FormatException error)
        {
            return new ReadRecord(leaf, null, error.Message);
        }
    }

    private static RecordVerifier? KeyOf(
        string keyId, Dictionary<string, byte[]> members, Dictionary<string, RecordVerifier> keys)
    {
        if (!keys.TryGetValue(keyId, out RecordVerifier? key)
            && members.TryGetValue(keyId, out byte[]? publicKey)
            && RecordVerifier.Import(publicKey) is RecordVerifier imported)
        {
            keys[keyId] = key = imported;
        }

        return key;
    }
}
