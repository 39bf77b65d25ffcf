using System.Security.Cryptography;
using DigitalTwin.Ledger.Commitments;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Verification;

/// <summary>Holds what hospitals trained on against the consents that were withdrawn from them.</summary>
/// <remarks>
/// A snapshot is under the policy whose batch has the root that the snapshot names. Every snapshot that its hospital
/// made after a withdrawal under that policy took effect must prove that the withdrawn row is not in it.
/// </remarks>
internal sealed class ConsentPass(string blobFolder, FindingList findings)
{
    private const string Code = "consent";
    private const string SnapshotCommitted = "snapshot-committed";

    private readonly List<Batch> _batches = [];
    private readonly List<Withdrawal> _withdrawals = [];

    private sealed record Batch(long Index, string Hospital, string Policy, string Root);

    private sealed record Withdrawal(
        long Index, string Hospital, string Policy, RowToken Token, DateTimeOffset Written, DateTimeOffset Effective);

    private sealed record Snapshot(long Index, RecordHeader Header, PredicateReader Fields)
    {
        public string Hospital => Header.Actor.Id;

        public string Words => $"Data record {Index} (snapshot {Fields.Integer("snapshot")} of study {Header.Study} "
            + $"by {Hospital})";
    }

    /// <summary>
    /// Takes the next record that holds: first those of the authorization log, then those of the data log.
    /// </summary>
    public void Take(long index, Envelope record)
    {
        PredicateReader fields = new(record.Statement.Predicate);
        switch (record.Statement.Name)
        {
            case RecordCatalogue.ConsentBatch:
                _batches.Add(new Batch(
                    index, record.Header.Actor.Id, fields.Identifier("policy"), fields.Text("root")));
                break;
            case RecordCatalogue.ConsentWithdrawn:
                _withdrawals.Add(WithdrawalOf(index, record.Header, fields));
                break;
            case SnapshotCommitted:
                Check(new Snapshot(index, record.Header, fields));
                break;
            default:
                break;
        }
    }

    private static Withdrawal WithdrawalOf(long index, RecordHeader header, PredicateReader fields)
    {
        return new Withdrawal(index, header.Actor.Id, fields.Identifier("policy"),
            new RowToken(Convert.FromHexString(fields.Sha256("token"))), header.Time,
            fields.Timestamp("effectiveFrom"));
    }

    private void Check(Snapshot snapshot)
    {
        Batch[] batches = [.. _batches.Where(batch =>
            batch.Hospital == snapshot.Hospital && batch.Index < snapshot.Header.AuthHead.Size)];
        if (!snapshot.Fields.Has("consent"))
        {
            if (batches.Length > 0)
            {
                Error(snapshot, $"names no consent, although its hospital had committed to consents under the policy "
                    + $"{batches[^1].Policy} before.");
            }

            return;
        }

        string root = snapshot.Fields.Text("consent");
        if (Array.Find(batches, batch => batch.Root == root) is not Batch batch)
        {
            Error(snapshot, "names a consent root that no earlier batch of its hospital has.");
            return;
        }

        CheckExclusions(snapshot, batch.Policy, [.. _withdrawals.Where(one => IsDue(one, snapshot, batch.Policy))]);
    }

    // Its author had seen the withdrawal, by the head it names or by its own clock: whoever goes on naming an old head
    // does not get round the withdrawal.
    private static bool IsDue(Withdrawal withdrawal, Snapshot snapshot, string policy) =>
        withdrawal.Hospital == snapshot.Hospital && withdrawal.Policy == policy
        && withdrawal.Effective <= snapshot.Header.Time
        && (withdrawal.Index < snapshot.Header.AuthHead.Size || withdrawal.Written < snapshot.Header.Time);

    private void CheckExclusions(Snapshot snapshot, string policy, Withdrawal[] due)
    {
        if (!snapshot.Fields.Has("exclusions"))
        {
            Missing(snapshot, due, "it names no proofs");
            return;
        }

        string digest = snapshot.Fields.Sha256("exclusions");
        if (BlobOf(digest) is not byte[] blob)
        {
            if (due.Length == 0)
            {
                findings.Warning(Code, LogKind.Data, snapshot.Index,
                    $"{snapshot.Words} names the blob {digest}, which is not in this folder.");
            }

            Missing(snapshot, due, $"the blob {digest} with its proofs is not in this folder");
            return;
        }

        try
        {
            CheckProofs(snapshot, policy, due, ExclusionProofs.Parse(blob));
        }
        catch (FormatException error)
        {
            Error(snapshot, $"names the blob {digest}, which holds no exclusion proofs: {error.Message}");
        }
    }

    private void CheckProofs(Snapshot snapshot, string policy, Withdrawal[] due, ExclusionProofs proofs)
    {
        if (proofs.Policy != policy || proofs.Rows != MerkleHash.Parse(snapshot.Fields.Text("rows")))
        {
            Error(snapshot, "names exclusion proofs of another policy or of other rows.");
            return;
        }

        IReadOnlySet<RowToken> excluded = proofs.Excluded();
        if (excluded.Count != proofs.Proofs.Count || excluded.Count != snapshot.Fields.Integer("withdrawn"))
        {
            Error(snapshot, $"says that {snapshot.Fields.Integer("withdrawn")} rows are withdrawn and names "
                + $"{proofs.Proofs.Count} proofs, of which {excluded.Count} hold.");
        }

        Missing(snapshot, [.. due.Where(one => !excluded.Contains(one.Token))], "no proof of it holds");
    }

    private void Missing(Snapshot snapshot, Withdrawal[] due, string why)
    {
        foreach (Withdrawal withdrawal in due)
        {
            Error(snapshot, $"does not show that the row is excluded whose consent authorization record "
                + $"{withdrawal.Index} withdrew: {why}.");
        }
    }

    private void Error(Snapshot snapshot, string what) =>
        findings.Error(Code, LogKind.Data, snapshot.Index, $"{snapshot.Words} {what}");

    // A blob with another digest has been reported with its name; for a proof it is as good as missing.
    private byte[]? BlobOf(string digest)
    {
        string path = Path.Combine(blobFolder, digest);
        byte[]? bytes = File.Exists(path) ? File.ReadAllBytes(path) : null;
        return bytes is not null && Convert.ToHexStringLower(SHA256.HashData(bytes)) == digest ? bytes : null;
    }
}
