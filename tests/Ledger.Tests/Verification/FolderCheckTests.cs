using System.Security.Cryptography;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Ledger.Tests.Verification;

// Goal: what a disk or a crash did to a ledger is said in a sentence, and what the next start makes good is told apart
// from what a person must restore. Method: one whole study, copied and damaged; bits flipped at seeded places of every
// file; a tail cut at every byte.
public sealed class FolderCheckTests : IClassFixture<LedgerVerifierTests.WrittenLedger>, IDisposable
{
    private const int FlipsPerFile = 12;

    private readonly LedgerCopy _copy;
    private readonly SmallConsortium _consortium;

    public FolderCheckTests(LedgerVerifierTests.WrittenLedger written)
    {
        _consortium = written.Consortium;
        _copy = new LedgerCopy(written.Consortium.Folder);
    }

    public void Dispose() => _copy.Dispose();

    [Fact]
    public void An_untouched_ledger_is_clean_with_its_figures()
    {
        FolderReport report = FolderCheck.Run(_copy.Folder);

        Assert.Empty(report.Findings);
        Assert.Equal([10L, 13L], report.Logs.Select(log => log.Size));
        Assert.All(report.Logs, log => Assert.True(log.SignaturesChecked && log.Heads > 0));
        Assert.Equal(7, report.Blobs);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void A_flipped_bit_in_any_file_is_named_and_refused_at_the_start(int seed)
    {
        foreach (string file in _copy.Files.ToArray())
        {
            byte[] good = File.ReadAllBytes(file);
            for (int i = 0; i < FlipsPerFile; i++)
            {
                // Seeded places: the digest of seed, file name and number.
                byte[] digest = SHA256.HashData(
                    System.Text.Encoding.UTF8.GetBytes($"{seed} {Path.GetRelativePath(_copy.Folder, file)} {i}"));
                int at = (int)(BitConverter.ToUInt32(digest) % (uint)good.Length);
                byte[] bad = [.. good];
                bad[at] ^= (byte)(1 << (digest[^1] % 8));
                File.WriteAllBytes(file, bad);

                // Cosignatures are the verifier's: whose count depends on the records.
                string place = $"seed {seed}, {file}, byte {at}";
                bool cosigned = Path.GetFileName(file) == LogKeeper.CheckpointName && !_copy.Verify().Passed;
                Assert.True(cosigned || FolderCheck.Run(_copy.Folder).Findings.Count > 0, place);
                Assert.True(cosigned || Refused(file), place);
            }

            File.WriteAllBytes(file, good);
        }

        Assert.Empty(FolderCheck.Run(_copy.Folder).Findings);
    }

    [Fact]
    public void A_tail_cut_at_any_byte_of_the_last_frame_is_a_note_and_the_signed_head_an_error()
    {
        string path = _copy.PathOf(LogKind.Data, EntryLog.FileName);
        byte[] good = File.ReadAllBytes(path);
        List<ReadOnlyMemory<byte>> leaves = _copy.Leaves(LogKind.Data);
        int last = EntryFile.FrameHeaderSize + leaves[^1].Length;
        for (int cut = 1; cut < last; cut += 7)
        {
            File.WriteAllBytes(path, good[..^cut]);

            FolderReport report = FolderCheck.Run(_copy.Folder);

            Assert.Contains(report.Findings, finding => finding.Code == "torn-tail" && finding.Index == 12
                && finding.Severity == Severity.Warning && finding.Log == LogKind.Data);
            Assert.Contains(report.Findings, finding => finding.Code == "head" && finding.Severity == Severity.Error);
            Assert.Throws<LedgerDamagedException>(() => Open(LogKind.Data));
        }
    }

    [Theory]
    [InlineData("data/checkpoint.0123abcd.tmp", "leftover")]
    [InlineData("blobs/0123abcd.tmp", "leftover")]
    [InlineData("data/entries.tree", "tree")]
    public void What_the_next_start_makes_good_is_a_warning(string file, string code)
    {
        File.WriteAllText(Path.Combine(_copy.Folder, file), "half of a file");

        FolderReport report = FolderCheck.Run(_copy.Folder);

        Assert.Equal((code, Severity.Warning), Assert.Single(report.Findings.Select(f => (f.Code, f.Severity))));
        Assert.True(report.Passed);
    }

    [Fact]
    public void A_repair_makes_the_tree_anew_and_changes_no_entry()
    {
        string tree = _copy.PathOf(LogKind.Data, TreeFile.FileName);
        string entries = _copy.PathOf(LogKind.Data, EntryLog.FileName);
        byte[] cut = File.ReadAllBytes(entries)[..^1];
        File.WriteAllBytes(entries, cut);
        File.WriteAllText(tree, "another log's tree");

        Assert.Equal([Path.GetDirectoryName(tree)!], FolderCheck.RepairTrees(_copy.Folder));

        Assert.DoesNotContain(FolderCheck.Run(_copy.Folder).Findings, finding => finding.Code == "tree");
        Assert.Equal(cut, File.ReadAllBytes(entries));
    }

    [Fact]
    public void A_missing_log_and_a_lost_history_are_told()
    {
        File.Delete(_copy.PathOf(LogKind.Authorization, EntryLog.FileName));

        FolderReport report = FolderCheck.Run(_copy.Folder);

        Assert.Equal("missing-log", Assert.Single(report.Findings).Code);
        Assert.False(Assert.Single(report.Logs).SignaturesChecked);
    }

    // Where a start reads the file it must refuse, or else be as if nothing had been: the last frame or head alone may
    // go, and only where nobody was told of it, which here everybody was.
    private bool Refused(string file)
    {
        if (Path.GetFileName(Path.GetDirectoryName(file)) == "blobs")
        {
            return Throws(() => new BlobFolder(Path.GetDirectoryName(file)!).Get(Path.GetFileName(file)));
        }

        return Throws(() => Open(
            file.Contains("authorization", StringComparison.Ordinal) ? LogKind.Authorization : LogKind.Data));
    }

    private void Open(LogKind log) => LogKeeper.Open(
        Path.GetDirectoryName(_copy.PathOf(log, EntryLog.FileName))!,
        log == LogKind.Authorization ? "twin.example/demo/auth" : "twin.example/demo/data",
        log == LogKind.Authorization ? _consortium.AuthorizationKey : _consortium.DataKey,
        _consortium.Time).Dispose();

    private static bool Throws(Action action)
    {
        try
        {
            action();
            return false;
        }
        catch (Exception error) when (error is LedgerDamagedException or NoteFormatException)
        {
            return true;
        }
    }
}
