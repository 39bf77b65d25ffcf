using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.TestKit;

namespace DigitalTwin.Ledger.Tests.Keeping;

// Goal: no acknowledged entry is lost, no two signed heads disagree, and only a quorum makes a head final.
// Method: a real consortium in a temporary folder; crashes are files cut at every byte.
public sealed class LogKeeperTests : IDisposable
{
    private readonly SmallConsortium _consortium = new();

    private string DataFolder => Path.Combine(_consortium.Folder, "data");

    private string HistoryPath => Path.Combine(DataFolder, HeadHistory.FileName);

    public void Dispose() => _consortium.Dispose();

    [Fact]
    public void A_whole_study_survives_a_restart_with_the_same_heads()
    {
        _consortium.Found().RunStudy();
        string signed = _consortium.Data.SignedHead!.Format();
        string final = _consortium.Data.FinalHead!.Format();

        _consortium.Reopen();

        Assert.Equal(signed, _consortium.Data.SignedHead!.Format());
        Assert.Equal(signed, _consortium.Data.SignHead().Format());
        Assert.Equal(final, _consortium.Data.FinalHead!.Format());
        MemberRegistry registry = MemberRegistry.Replay(_consortium.Authorization.Entries, _consortium.Data.Entries);
        Assert.Equal(5, registry.Members().Count);
        Assert.Equal(
            _consortium.Registry.NextSeq("hospital-b", LogKind.Data), registry.NextSeq("hospital-b", LogKind.Data));
    }

    [Fact]
    public void A_crash_at_any_byte_of_signing_gives_the_same_heads_again()
    {
        _consortium.Found().RunStudy();
        byte[] history = File.ReadAllBytes(HistoryPath);
        string last = _consortium.Data.SignedHead!.Format();
        int start = history.Length - System.Text.Encoding.UTF8.GetByteCount(last);
        File.Delete(Path.Combine(DataFolder, LogKeeper.CheckpointName));
        for (int length = start; length < history.Length; length += 7)
        {
            _consortium.Close();
            File.WriteAllBytes(HistoryPath, history[..length]);
            _consortium.Reopen();

            Assert.Equal(last, _consortium.Data.SignHead().Format());
            Assert.Equal(history, File.ReadAllBytes(HistoryPath));
        }
    }

    [Fact]
    public void A_log_that_lost_signed_entries_does_not_open()
    {
        _consortium.Found().RunStudy();
        _consortium.Close();
        string path = Path.Combine(DataFolder, EntryLog.FileName);
        byte[] entries = File.ReadAllBytes(path);
        File.WriteAllBytes(path, entries[..^10]);

        LedgerDamagedException error = Assert.Throws<LedgerDamagedException>(OpenData);

        Assert.Equal(12, error.Index);
        Assert.Equal(entries.Length - 10, new FileInfo(path).Length);
    }

    [Fact]
    public void Other_entries_than_those_signed_do_not_open()
    {
        _consortium.Found().RunStudy();
        ReadOnlyMemory<byte>[] leaves = [.. Enumerable.Range(0, 13).Select(i => _consortium.Data.Entries.Read(12 - i))];
        _consortium.Close();
        File.WriteAllBytes(
            Path.Combine(DataFolder, EntryLog.FileName), [.. EntryFile.Header, .. EntryFile.Frame(leaves)]);

        Assert.Throws<LedgerDamagedException>(OpenData);
    }

    [Fact]
    public void An_announced_head_of_other_entries_is_not_signed()
    {
        _consortium.Found().RunStudy();
        _consortium.Close();
        Checkpoint announced = new("twin.example/demo/data", 12, DigitalTwin.Ledger.Merkle.Rfc6962.Empty);
        File.AppendAllText(HistoryPath, announced.Text + "\n");

        Assert.Throws<LedgerDamagedException>(OpenData);
    }

    [Fact]
    public void A_head_is_final_with_a_quorum_and_not_before()
    {
        _consortium.Found();
        _consortium.Authorization.SignHead();

        _consortium.Cosign("hospital-a", "hospital-b");
        Assert.Null(_consortium.Authorization.FinalHead);

        _consortium.Cosign("hospital-c");
        Assert.Equal(5, Checkpoint.Parse(_consortium.Authorization.FinalHead!.Text).Size);
        Assert.Equal(4, _consortium.Authorization.FinalHead.Signatures.Count);
        Assert.Equal(_consortium.Authorization.FinalHead.ToBytes(), File.ReadAllBytes(
            Path.Combine(_consortium.Folder, "authorization", LogKeeper.CheckpointName)));
    }

    [Fact]
    public void A_larger_head_without_a_quorum_leaves_the_final_one()
    {
        _consortium.Found().Cosign();
        string final = _consortium.Authorization.FinalHead!.Format();
        _consortium.Write("lab", "study-proposed", Fields.Of(
            ("study", "s"), ("document", Fields.Digest("d")), ("title", "T")));

        _consortium.Cosign("hospital-a", "hospital-b");

        Assert.Equal(final, _consortium.Authorization.FinalHead!.Format());
    }

    [Fact]
    public void A_cosignature_that_does_not_hold_is_refused()
    {
        _consortium.Found();
        SignedNote head = _consortium.Authorization.SignHead();
        NoteVerifierKey witness = _consortium.WitnessOf("hospital-a");
        Ed25519Key key = _consortium.WitnessKeyOf("hospital-a");
        DateTimeOffset now = _consortium.Time.GetUtcNow();
        string good = Cosignature.Sign(head.Text, witness.Name, key, now).ToString();

        Assert.False(Add(Cosignature.Sign(head.Text + "x\n", witness.Name, key, now).ToString()));
        Assert.False(Add(Cosignature.Sign(head.Text, "other.example/w", key, now).ToString()));
        Assert.False(Add(Cosignature.Sign(
            head.Text, witness.Name, key, now + LogKeeper.MaxClockSkew + TimeSpan.FromSeconds(1)).ToString()));
        Assert.False(Add(good + " "));
        Assert.False(Add("not a line"));
        Assert.False(_consortium.Authorization.AddCosignature(4, good, witness));
        Assert.False(_consortium.Authorization.AddCosignature(5, good, _consortium.WitnessOf("hospital-b")));
        Assert.True(Add(good));
        Assert.True(Add(good));

        bool Add(string line) => _consortium.Authorization.AddCosignature(5, line, witness);
    }

    [Fact]
    public async Task A_waiting_stream_wakes_for_entries_heads_and_final_heads()
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        LogKeeper keeper = _consortium.Authorization;
        Assert.True(keeper.WaitForChange(-1, stop).IsCompleted);

        Task entry = keeper.WaitForChange(0, stop);
        Assert.False(entry.IsCompleted);
        _consortium.Found();
        await entry;

        Task head = keeper.WaitForChange(5, stop);
        Assert.False(head.IsCompleted);
        _consortium.Cosign();
        await head;

        using CancellationTokenSource gone = new();
        Task abandoned = keeper.WaitForChange(5, gone.Token);
        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => abandoned);
    }

    private void OpenData() => LogKeeper.Open(
        DataFolder, "twin.example/demo/data", _consortium.DataKey, new ManualTime(DateTimeOffset.UnixEpoch)).Dispose();
}
