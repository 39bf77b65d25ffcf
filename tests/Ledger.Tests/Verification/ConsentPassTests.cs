using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Commitments;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Ledger.Tests.Verification;

// Goal: a hospital that goes on with a withdrawn row, or does not show that it did not, is named. Method: one hospital
// with six patients writes policy, batch, withdrawal and snapshots into real logs; honest, then each way to get round
// it.
public sealed class ConsentPassTests : IDisposable
{
    private const string Hospital = "hospital-a";
    private const string Policy = "broad-consent";
    private const string Withdrawn = "patient-3";

    private static readonly string[] Patients = [.. Enumerable.Range(1, 6).Select(i => $"patient-{i}")];
    private static readonly string[] Remaining = [.. Patients.Where(patient => patient != Withdrawn)];

    private readonly SmallConsortium _consortium = new SmallConsortium().Found();
    private readonly RowSalt _salt = RowSalt.Generate();
    private long _snapshots;

    public void Dispose()
    {
        _salt.Dispose();
        _consortium.Dispose();
    }

    [Fact]
    public void A_snapshot_that_proves_the_exclusion_verifies()
    {
        WriteBatch();
        WriteSnapshot(Tree(Patients));
        WriteWithdrawal();
        WriteSnapshot(Tree(Remaining), Withdrawn);

        Assert.Empty(Findings());
    }

    [Fact]
    public void A_snapshot_of_a_hospital_without_consents_needs_none()
    {
        _consortium.Write(Hospital, "snapshot-committed", Fields.Of(("study", SmallConsortium.Study), ("snapshot", 1),
            ("rows", Tree(Patients).Root.ToString()), ("rowsBucket", "0-19"), ("contract", "heart-disease/v1"),
            ("schema", Fields.Digest("contract")), ("withdrawn", 0)));

        Assert.Empty(Findings());
    }

    [Fact]
    public void A_snapshot_that_proves_nothing_is_named_with_the_withdrawal()
    {
        WriteBatch();
        long withdrawal = WriteWithdrawal();
        long snapshot = WriteSnapshot(Tree(Remaining));

        Finding finding = Assert.Single(Findings());
        Assert.Equal((Severity.Error, LogKind.Data, snapshot), (finding.Severity, finding.Log, finding.Index));
        Assert.Contains(
            $"(snapshot 1 of study heart-risk by hospital-a) does not show that the row is excluded whose consent "
            + $"authorization record {withdrawal} withdrew: it names no proofs.",
            finding.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_withdrawn_row_that_is_still_there_cannot_be_shown_to_be_excluded()
    {
        WriteBatch();
        WriteWithdrawal();
        RowTree tree = Tree(Patients);
        RowTree honest = Tree(Remaining);
        RowToken token = _salt.Token(Withdrawn);

        // The proof of other rows, under this root; then an inclusion proof passed off as its opposite.
        WriteSnapshot(tree, new ExclusionProofs(Policy, tree.Root, tree.Size, [honest.Prove(token)]));
        WriteSnapshot(tree, new ExclusionProofs(Policy, tree.Root, tree.Size, [tree.Prove(token)]));
        WriteSnapshot(tree, new ExclusionProofs(Policy, honest.Root, honest.Size, [honest.Prove(token)]));

        Assert.Collection(
            Findings(),
            finding => Assert.Contains("1 proofs, of which 0 hold", finding.Message, StringComparison.Ordinal),
            finding => Assert.Contains("no proof of it holds", finding.Message, StringComparison.Ordinal),
            finding => Assert.Contains("1 proofs, of which 0 hold", finding.Message, StringComparison.Ordinal),
            finding => Assert.Contains("no proof of it holds", finding.Message, StringComparison.Ordinal),
            finding => Assert.Contains("of other rows", finding.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void The_proof_of_another_withdrawal_does_not_count()
    {
        WriteBatch();
        WriteWithdrawal();
        WriteSnapshot(Tree(Remaining), "patient-9");

        Assert.Contains("no proof of it holds", Assert.Single(Findings()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_later_snapshot_is_held_to_the_withdrawal()
    {
        WriteBatch();
        WriteWithdrawal();
        WriteSnapshot(Tree(Remaining), Withdrawn);
        long late = WriteSnapshot(Tree(Patients));

        Assert.Equal(late, Assert.Single(Findings()).Index);
    }

    [Fact]
    public void A_withdrawal_counts_from_the_time_it_names()
    {
        WriteBatch();
        WriteWithdrawal(TimeSpan.FromDays(1));
        WriteSnapshot(Tree(Patients));
        Assert.Empty(Findings());

        _consortium.Time.Advance(TimeSpan.FromDays(1));
        long late = WriteSnapshot(Tree(Patients));

        Assert.Equal(late, Assert.Single(Findings()).Index);
    }

    [Fact]
    public void Naming_an_old_head_does_not_get_round_a_withdrawal()
    {
        WriteBatch();
        AuthHead before = new(_consortium.Authorization.Entries.Size, _consortium.Authorization.Entries.Root);
        WriteWithdrawal();
        _consortium.Time.Advance(TimeSpan.FromSeconds(1));
        JsonObject fields = SnapshotOf(Tree(Patients), proofs: null);

        _consortium.Append(
            LogKind.Data, _consortium.Compose(Hospital, "snapshot-committed", fields, head: before));

        Assert.Contains("it names no proofs", Assert.Single(Findings()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_hospital_that_stops_naming_its_consents_is_named()
    {
        WriteBatch();
        WriteWithdrawal();
        JsonObject fields = SnapshotOf(Tree(Patients), proofs: null);
        fields.Remove("consent");
        _consortium.Write(Hospital, "snapshot-committed", fields);

        Assert.Contains("names no consent", Assert.Single(Findings()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_consent_root_of_nobody_is_named()
    {
        WriteBatch();
        JsonObject fields = SnapshotOf(Tree(Patients), proofs: null);
        fields["consent"] = Rfc6962.Empty.ToString();
        _consortium.Write(Hospital, "snapshot-committed", fields);

        Assert.Contains(
            "a consent root that no earlier batch", Assert.Single(Findings()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_missing_blob_is_named(bool due)
    {
        WriteBatch();
        if (due)
        {
            WriteWithdrawal();
        }

        RowTree tree = Tree(Remaining);
        ExclusionProofs proofs = ExclusionProofs.Of(Policy, tree, [_salt.Token(Withdrawn)]);
        JsonObject fields = SnapshotOf(tree, proofs);
        string digest = fields["exclusions"]!.GetValue<string>();
        File.Delete(Path.Combine(_consortium.Folder, "blobs", digest));
        _consortium.Write(Hospital, "snapshot-committed", fields);

        Finding finding = Assert.Single(Findings());
        Assert.Equal(due ? Severity.Error : Severity.Warning, finding.Severity);
        Assert.Contains(digest, finding.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_blob_that_is_something_else_is_named()
    {
        WriteBatch();
        WriteWithdrawal();
        JsonObject fields = SnapshotOf(Tree(Remaining), proofs: null);
        fields["exclusions"] = _consortium.Blobs.Put("{\"proofs\":7}"u8);
        fields["withdrawn"] = 1;
        _consortium.Write(Hospital, "snapshot-committed", fields);

        Assert.Contains("holds no exclusion proofs", Assert.Single(Findings()).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Erasing_the_salt_leaves_the_ledger_valid_and_no_token_can_be_made_again()
    {
        string salt = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
        _salt.Save(salt);
        WriteBatch();
        WriteWithdrawal();
        WriteSnapshot(Tree(Remaining), Withdrawn);
        string[] before = [.. Directory.EnumerateFiles(_consortium.Folder, "*", SearchOption.AllDirectories)
            .Order().Select(FileDigest)];

        RowSalt.Erase(salt);

        Assert.Empty(Findings());
        Assert.Equal(before, Directory.EnumerateFiles(_consortium.Folder, "*", SearchOption.AllDirectories)
            .Order().Select(FileDigest));
        Assert.Throws<FileNotFoundException>(() => RowSalt.Load(salt));

        // Whoever knows every identifier and holds another salt finds none of the tokens that stand on the ledger.
        using RowSalt other = RowSalt.Generate();
        string ledger = EverythingWritten();
        Assert.Contains("consent-withdrawn", ledger, StringComparison.Ordinal);
        Assert.Contains(_salt.Token(Withdrawn).Hex, ledger, StringComparison.Ordinal);
        Assert.All(Patients, patient =>
        {
            Assert.DoesNotContain(other.Token(patient).Hex, ledger, StringComparison.Ordinal);
            Assert.DoesNotContain(patient, ledger, StringComparison.Ordinal);
        });
    }

    // The statements of all records and the blobs, as readable text.
    private string EverythingWritten()
    {
        using LedgerCopy copy = new(_consortium.Folder);
        return string.Concat(
        [
            .. Enum.GetValues<LogKind>().SelectMany(copy.Leaves)
                .Select(leaf => System.Text.Encoding.UTF8.GetString(Envelope.Parse(leaf).Statement.Serialize())),
            .. Directory.EnumerateFiles(Path.Combine(copy.Folder, "blobs")).Select(File.ReadAllText),
        ]);
    }

    private static string FileDigest(string path) => Path.GetFileName(path) == "lock"
        ? ""
        : Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path)));

    private static byte[] Digest(string patient) =>
        SHA256.HashData(System.Text.Encoding.ASCII.GetBytes("values of " + patient));

    private List<Finding> Findings()
    {
        using LedgerCopy copy = new(_consortium.Folder);
        VerificationReport report = copy.Verify();
        Assert.All(report.Findings, finding => Assert.True(finding.Code is "consent" or "not-final", finding.Message));
        return [.. report.Findings.Where(finding => finding.Code == "consent")];
    }

    private RowTree Tree(IEnumerable<string> patients) =>
        new([.. patients.Select(patient => _salt.Leaf(patient, "training-row", Digest(patient))), _salt.Padding(0)]);

    private void WriteBatch()
    {
        string text = _consortium.Blobs.Put("I consent."u8);
        _consortium.Write(Hospital, RecordCatalogue.ConsentPolicy, Fields.Of(
            ("policy", Policy), ("text", text), ("basis", "gdpr-9-2-a")));
        _consortium.Write(Hospital, RecordCatalogue.ConsentBatch, Fields.Of(
            ("policy", Policy), ("root", ConsentRoot()), ("countBucket", "0-19")));
    }

    private string ConsentRoot() =>
        new RowTree(Patients.Select(patient => _salt.Leaf(patient, "consent", Digest("text")))).Root.ToString();

    private long WriteWithdrawal(TimeSpan later = default) =>
        _consortium.Write(Hospital, RecordCatalogue.ConsentWithdrawn, Fields.Of(
            ("policy", Policy), ("token", _salt.Token(Withdrawn).Hex),
            ("effectiveFrom", PredicateReader.Format(_consortium.Time.GetUtcNow() + later))));

    private long WriteSnapshot(RowTree tree, params string[] withdrawn) => WriteSnapshot(tree, withdrawn.Length == 0
        ? null
        : ExclusionProofs.Of(Policy, tree, withdrawn.Select(_salt.Token)));

    private long WriteSnapshot(RowTree tree, ExclusionProofs? proofs) =>
        _consortium.Write(Hospital, "snapshot-committed", SnapshotOf(tree, proofs));

    private JsonObject SnapshotOf(RowTree tree, ExclusionProofs? proofs)
    {
        JsonObject fields = Fields.Of(("study", SmallConsortium.Study), ("snapshot", ++_snapshots),
            ("rows", tree.Root.ToString()), ("rowsBucket", "0-19"), ("contract", "heart-disease/v1"),
            ("schema", Fields.Digest("contract")), ("consent", ConsentRoot()),
            ("withdrawn", proofs?.Proofs.Count ?? 0));
        if (proofs is not null)
        {
            fields["exclusions"] = _consortium.Blobs.Put(proofs.Serialize());
        }

        return fields;
    }
}
