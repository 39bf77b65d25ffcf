using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Ledger.Tests.Verification;

// Goal: an auditor with nothing but a copy of the folder sees every change and is told which record it concerns.
// Method: a consortium writes one whole study; each test tampers with a copy as an attacker would, checksums repaired.
public sealed class LedgerVerifierTests : IClassFixture<LedgerVerifierTests.WrittenLedger>, IDisposable
{
    private readonly WrittenLedger _written;
    private readonly LedgerCopy _copy;

    public LedgerVerifierTests(WrittenLedger written)
    {
        _written = written;
        _copy = new LedgerCopy(written.Consortium.Folder);
    }

    public static TheoryData<LogKind, int> EveryRecord =>
        [.. Records(LogKind.Authorization, 10), .. Records(LogKind.Data, 13)];

    public void Dispose() => _copy.Dispose();

    [Fact]
    public void An_untouched_ledger_passes_with_its_figures()
    {
        VerificationReport report = _copy.Verify(new VerificationOptions { RequireFinal = true });

        Assert.Empty(report.Findings);
        Assert.True(report.Passed);
        Assert.Equal(10, report.Authorization!.Size);
        Assert.Equal(13, report.Data!.Size);
        Assert.Equal((13L, 3, 3), (report.Data.FinalSize, report.Data.Cosignatures, report.Data.Quorum));
        Assert.Equal(_written.Consortium.Data.Entries.Root, report.Data.Root);
        Assert.Equal(["centre", "hospital-a", "hospital-b", "hospital-c", "lab"], report.Members.Select(m => m.Id));
        Assert.Equal(3, report.Records["sum-attested"]);
        Assert.Equal(7, report.Blobs);
    }

    [Theory]
    [MemberData(nameof(EveryRecord))]
    public void A_removed_record_is_missed_at_its_place(LogKind log, int index)
    {
        List<ReadOnlyMemory<byte>> leaves = _copy.Leaves(log);
        leaves.RemoveAt(index);
        _copy.Replace(log, leaves);

        AssertNamed(_copy.Verify(), log, index);
    }

    [Theory]
    [MemberData(nameof(EveryRecord))]
    public void A_repeated_record_is_named(LogKind log, int index)
    {
        List<ReadOnlyMemory<byte>> leaves = _copy.Leaves(log);
        leaves.Insert(index + 1, leaves[index]);
        _copy.Replace(log, leaves);

        Assert.Contains(_copy.Verify().Findings, finding =>
            finding.Severity == Severity.Error && finding.Log == log && finding.Index == index + 1);
    }

    [Theory]
    [MemberData(nameof(EveryRecord))]
    public void Two_records_that_changed_places_are_noticed(LogKind log, int index)
    {
        List<ReadOnlyMemory<byte>> leaves = _copy.Leaves(log);
        int other = index + 1 == leaves.Count ? index - 1 : index + 1;
        (leaves[index], leaves[other]) = (leaves[other], leaves[index]);
        _copy.Replace(log, leaves);

        AssertNamed(_copy.Verify(), log, int.Min(index, other));
    }

    [Theory]
    [MemberData(nameof(EveryRecord))]
    public void A_changed_record_with_a_repaired_checksum_is_named(LogKind log, int index)
    {
        List<ReadOnlyMemory<byte>> original = _copy.Leaves(log);
        for (int at = index % 127; at < original[index].Length; at += 127)
        {
            List<ReadOnlyMemory<byte>> leaves = [.. original];
            byte[] changed = leaves[index].ToArray();
            changed[at] ^= 1;
            leaves[index] = changed;
            _copy.Replace(log, leaves);

            VerificationReport report = _copy.Verify();

            Assert.Contains(report.Findings, finding => finding.Severity == Severity.Error
                && finding.Log == log && finding.Index == index && finding.Message.Contains($"record {index}"));
        }
    }

    [Theory]
    [MemberData(nameof(EveryRecord))]
    public void A_damaged_frame_is_named(LogKind log, int index)
    {
        List<ReadOnlyMemory<byte>> leaves = _copy.Leaves(log);
        int offset = EntryFile.Header.Length + EntryFile.Frame([.. leaves.Take(index)]).Length;
        string path = _copy.PathOf(log, EntryLog.FileName);
        byte[] bytes = File.ReadAllBytes(path);
        bytes[offset + EntryFile.FrameHeaderSize + 40] ^= 0x80;
        File.WriteAllBytes(path, bytes);

        Finding damaged = Assert.Single(_copy.Verify().Findings, finding => finding.Code == "damaged");
        Assert.Equal((log, (long)index), (damaged.Log!.Value, damaged.Index!.Value));
    }

    [Theory]
    [InlineData(LogKind.Authorization)]
    [InlineData(LogKind.Data)]
    public void A_record_signed_by_a_stranger_is_refused_as_such(LogKind log)
    {
        using SmallConsortium other = new SmallConsortium().Found().RunStudy();
        List<ReadOnlyMemory<byte>> leaves = _copy.Leaves(log);
        leaves[^1] = other.KeeperOf(log).Entries.Read(other.KeeperOf(log).Entries.Size - 1);
        _copy.Replace(log, leaves);

        Assert.Contains(_copy.Verify().Findings,
            finding => finding.Code == "signature" && finding.Index == leaves.Count - 1);
    }

    [Theory]
    [InlineData(LogKind.Authorization, 0)]
    [InlineData(LogKind.Authorization, 1)]
    [InlineData(LogKind.Data, 0)]
    [InlineData(LogKind.Data, 2)]
    public void A_stripped_cosignature_loses_the_quorum(LogKind log, int hospital)
    {
        EditCheckpoint(log, note => note.Where(
            line => !line.IsBy(_written.Consortium.WitnessOf(SmallConsortium.HospitalNames[hospital]))));

        Finding finding = Assert.Single(_copy.Verify().Findings, finding => finding.Severity == Severity.Error);
        Assert.Equal("quorum", finding.Code);
        Assert.Contains("2 valid cosignatures of 3 hospitals; 3 are needed", finding.Message);
    }

    [Fact]
    public void A_cosignature_of_a_stranger_does_not_count()
    {
        using Ed25519Key stranger = Ed25519Key.Generate();
        EditCheckpoint(LogKind.Data, note => note.With(Cosignature.Sign(
            note.Text, "stranger.example/w1", stranger, _written.Consortium.Time.GetUtcNow())));

        Assert.Contains(_copy.Verify().Findings,
            finding => finding.Code == "cosignature" && finding.Message.Contains("stranger.example/w1"));
    }

    [Fact]
    public void An_edited_checkpoint_size_breaks_its_signature()
    {
        string path = _copy.PathOf(LogKind.Data, "checkpoint");
        File.WriteAllText(path, File.ReadAllText(path).Replace("\n13\n", "\n12\n"));

        Assert.Contains(_copy.Verify().Findings, finding => finding.Code == "checkpoint");
    }

    [Fact]
    public void Records_behind_the_final_head_are_a_warning_and_an_error_on_demand()
    {
        using SmallConsortium consortium = new SmallConsortium().Found().RunStudy();
        consortium.Write("centre", "model-released", Fields.Of(
            ("study", SmallConsortium.Study), ("model", Fields.Digest("model 1"))));

        VerificationReport report = LedgerVerifier.Verify(consortium.Folder, new VerificationOptions());
        VerificationReport strict = LedgerVerifier.Verify(
            consortium.Folder, new VerificationOptions { RequireFinal = true });

        Assert.True(report.Passed);
        Assert.StartsWith(
            "1 records after the last final checkpoint are not final", Assert.Single(report.Findings).Message);
        Assert.False(strict.Passed);
    }

    [Fact]
    public void A_log_rolled_back_to_an_older_final_state_contradicts_a_known_head()
    {
        using SmallConsortium consortium = new SmallConsortium().Found();
        consortium.Cosign();
        using LedgerCopy older = new(consortium.Folder);
        consortium.RunStudy();

        VerificationOptions options = new() { KnownHeads = [consortium.Data.FinalHead!] };

        Assert.True(older.Verify().Passed);
        Assert.Contains(older.Verify(options).Findings, finding => finding.Code == "known-head" && finding.Index == 0);
        Assert.True(LedgerVerifier.Verify(consortium.Folder, options).Passed);
    }

    [Fact]
    public void Another_consortium_is_told_apart_by_its_genesis()
    {
        string genesis = _copy.Verify().Genesis!;

        Assert.True(_copy.Verify(new VerificationOptions { ExpectedGenesis = genesis }).Passed);
        Assert.False(_copy.Verify(new VerificationOptions { ExpectedGenesis = new string('0', 64) }).Passed);
    }

    [Theory]
    [InlineData("notes.txt", "unexpected-file")]
    [InlineData("data/entries.wal.bak", "unexpected-file")]
    [InlineData("blobs/readme", "unexpected-file")]
    [InlineData("data/lock", "unexpected-file")]
    [InlineData("data/fork-proof/0.txt", "fork-proof")]
    public void A_file_that_does_not_belong_is_reported(string file, string code)
    {
        string path = Path.Combine(_copy.Folder, file);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        File.WriteAllText(path, "anything");

        Assert.Equal(code, Assert.Single(_copy.Verify().Findings).Code);
    }

    [Theory]
    [InlineData("authorization/entries.wal", "missing-log")]
    [InlineData("data/entries.wal", "missing-log")]
    [InlineData("data/checkpoints.notes", "history")]
    public void A_missing_file_fails(string file, string code)
    {
        File.Delete(Path.Combine(_copy.Folder, file));

        Assert.Contains(_copy.Verify().Findings, finding => finding.Code == code);
        Assert.False(_copy.Verify().Passed);
    }

    [Fact]
    public void One_cause_does_not_flood_the_report()
    {
        List<ReadOnlyMemory<byte>> leaves = _copy.Leaves(LogKind.Data);
        _copy.Replace(LogKind.Data, [.. Enumerable.Repeat(leaves[0], 200)]);

        VerificationReport report = _copy.Verify();

        Assert.InRange(report.Findings.Count, 2, 30);
        Assert.Contains(report.Findings, finding => finding.Message.Contains("more findings of the kind sequence"));
    }

    private static IEnumerable<TheoryDataRow<LogKind, int>> Records(LogKind log, int count) =>
        Enumerable.Range(0, count).Select(i => new TheoryDataRow<LogKind, int>(log, i));

    // A missing or moved record is named by the record that stands in its place or by a range of the signed history
    // that begins there or before; the range ends at the next signed head.
    private static void AssertNamed(VerificationReport report, LogKind log, int index)
    {
        Assert.False(report.Passed);
        Assert.Contains(report.Findings, finding => finding.Severity == Severity.Error && finding.Log == log
            && (finding.Index == index || (finding.Index < index && finding.Code is "head" or "genesis")));
    }

    private void EditCheckpoint(LogKind log, Func<SignedNote, SignedNote> edit)
    {
        string path = _copy.PathOf(log, "checkpoint");
        File.WriteAllBytes(path, edit(SignedNote.Parse(File.ReadAllBytes(path))).ToBytes());
    }

    public sealed class WrittenLedger : IDisposable
    {
        internal SmallConsortium Consortium { get; } = new SmallConsortium().Found().RunStudy();

        public void Dispose() => Consortium.Dispose();
    }
}
