using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Ledger.Exports;

/// <summary>The valid records of a copy of a ledger, one after the other, for reports and exports.</summary>
/// <remarks>
/// Judged by the rules of keeper, mirrors and verifier, in the verifier's order: the authorization log, then the data
/// log. A record that they refuse is left out here, since it says nothing that its author is bound by; the verifier
/// reports it. Records are streamed: what a reader wants to keep it keeps itself.
/// </remarks>
public static class LedgerTrail
{
    /// <summary>Every valid record.</summary>
    /// <param name="folder">A folder that holds <c>authorization</c> and <c>data</c>.</param>
    /// <exception cref="IOException">A log cannot be read.</exception>
    public static IEnumerable<TrailRecord> Read(string folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        return Judged(folder);
    }

    private static IEnumerable<TrailRecord> Judged(string folder)
    {
        using EntryLog authorization = OpenRead(folder, LogKind.Authorization);
        using EntryLog data = OpenRead(folder, LogKind.Data);
        MemberRegistry registry = new();
        foreach ((LogKind kind, EntryLog log) in
            new[] { (LogKind.Authorization, authorization), (LogKind.Data, data) })
        {
            for (long index = 0; index < log.Size; index++)
            {
                if (Judge(registry, authorization, kind, index, log.Read(index)) is { } record)
                {
                    yield return record;
                }
            }
        }
    }

    private static EntryLog OpenRead(string folder, LogKind kind) =>
        EntryLog.OpenRead(Path.Combine(folder, LedgerVerifier.FolderNameOf(kind)));

    private static TrailRecord? Judge(
        MemberRegistry registry, EntryLog authorization, LogKind kind, long index, ReadOnlyMemory<byte> leaf)
    {
        Envelope record;
        try
        {
            record = Envelope.Parse(leaf);
        }
        catch (FormatException)
        {
            registry.Skip(index, kind, header: null);
            return null;
        }

        if (registry.Judge(record, kind, authorization) is not Refusal refusal)
        {
            registry.Apply(index, record);
            return new TrailRecord(kind, index, record, RecordHeader.Of(record.Statement));
        }

        // As the verifier goes on: the number of a signed record counts, so that one gap is not a gap before each
        // record behind it.
        bool signed = refusal.Code is "sequence" or "auth-head" or "admission";
        registry.Skip(index, kind, signed ? RecordHeader.Of(record.Statement) : null);
        return null;
    }
}
