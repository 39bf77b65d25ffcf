using DigitalTwin.Ledger.Comparison;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Tests.Verification;

namespace DigitalTwin.Ledger.Tests.Comparison;

// Goal: who holds two copies learns whether one log can have both, and which two signed heads say that it can't.
// Method: copies of one written ledger: equal, cut short, changed without the log's key, and forked with it.
public sealed class LogComparisonTests : IDisposable
{
    private const int Size = 13;

    private readonly SmallConsortium _consortium = new SmallConsortium().Found().RunStudy();

    public void Dispose() => _consortium.Dispose();

    [Theory]
    [InlineData(LogKind.Authorization, 10)]
    [InlineData(LogKind.Data, Size)]
    public void Two_honest_copies_are_equal(LogKind log, int size)
    {
        using LedgerCopy copy = new(_consortium.Folder);

        LogComparison comparison = Compare(log, _consortium.Folder, copy.Folder);

        Assert.Equal(new LogComparison(log, size, size, size, CopyRelation.Equal, null), comparison);
        Assert.True(comparison.Agrees);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(12)]
    public void A_copy_that_stopped_earlier_is_a_prefix(int kept)
    {
        using LedgerCopy copy = new(_consortium.Folder);
        copy.Replace(LogKind.Data, copy.Leaves(LogKind.Data)[..kept]);

        Assert.Equal(
            new LogComparison(LogKind.Data, Size, kept, kept, CopyRelation.SecondIsPrefix, null),
            Compare(LogKind.Data, _consortium.Folder, copy.Folder));
        Assert.Equal(
            CopyRelation.FirstIsPrefix, Compare(LogKind.Data, copy.Folder, _consortium.Folder).Relation);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(12)]
    public void A_changed_copy_forks_at_the_first_changed_record_but_convicts_nobody(int changed)
    {
        using LedgerCopy copy = new(_consortium.Folder);
        List<ReadOnlyMemory<byte>> leaves = copy.Leaves(LogKind.Data);
        leaves[changed] = Other(leaves[changed]);
        copy.Replace(LogKind.Data, leaves);

        LogComparison comparison = Compare(LogKind.Data, _consortium.Folder, copy.Folder);

        Assert.Equal((CopyRelation.Forked, changed), (comparison.Relation, comparison.CommonSize));
        Assert.Null(comparison.Contradiction);
        Assert.False(comparison.Agrees);
    }

    [Fact]
    public void A_log_that_signed_both_versions_is_convicted_by_the_smallest_pair_of_heads()
    {
        using LedgerCopy copy = new(_consortium.Folder);
        string other = Fork(copy, from: 5, upTo: Size);

        LogComparison comparison = Compare(LogKind.Data, _consortium.Folder, other);

        Assert.Equal((CopyRelation.Forked, 5L), (comparison.Relation, comparison.CommonSize));
        Checkpoint first = Checkpoint.Parse(comparison.Contradiction!.First.Text);
        Checkpoint second = Checkpoint.Parse(comparison.Contradiction.Second.Text);
        Assert.True(first.Size > 5 && second.Size == Size, $"{first.Size} and {second.Size}");
        Assert.All(
            new[] { comparison.Contradiction.First, comparison.Contradiction.Second },
            note => Assert.Single(note.VerifiedBy([_consortium.Data.VerifierKey])));
        Assert.Equal(_consortium.Data.Entries.RootAt(first.Size), first.Root);
        Assert.NotEqual(_consortium.Data.Entries.RootAt(second.Size), second.Root);
    }

    [Fact]
    public void Two_roots_of_one_size_convict_although_the_entries_are_equal()
    {
        // The second copy holds the entries of the first, and a head that the log signed over others.
        using LedgerCopy copy = new(_consortium.Folder);
        using LedgerCopy shown = new(_consortium.Folder);
        File.Copy(
            Path.Combine(Fork(copy, from: 5, upTo: Size), "data", LogKeeper.CheckpointName),
            shown.PathOf(LogKind.Data, LogKeeper.CheckpointName), overwrite: true);

        LogComparison comparison = Compare(LogKind.Data, _consortium.Folder, shown.Folder);

        Assert.Equal(CopyRelation.Equal, comparison.Relation);
        Assert.False(comparison.Agrees);
        Assert.Equal(
            [Size, Size],
            new[] { comparison.Contradiction!.First, comparison.Contradiction.Second }
                .Select(note => Checkpoint.Parse(note.Text).Size));
    }

    [Fact]
    public void Ledgers_of_two_consortia_are_not_two_copies()
    {
        using SmallConsortium stranger = new SmallConsortium().Found().RunStudy();

        LogComparison comparison = Compare(LogKind.Data, _consortium.Folder, stranger.Folder);

        Assert.Equal((CopyRelation.Unrelated, 0L), (comparison.Relation, comparison.CommonSize));
        Assert.False(comparison.Agrees);
    }

    [Fact]
    public void A_head_under_another_key_is_no_head_of_the_log()
    {
        using LedgerCopy copy = new(_consortium.Folder);
        using LogCopy before = LogCopy.Open(copy.Folder, LogKind.Data);
        string path = copy.PathOf(LogKind.Data, LogKeeper.CheckpointName);
        Checkpoint head = Checkpoint.Parse(SignedNote.Parse(File.ReadAllBytes(path)).Text);
        File.WriteAllBytes(
            path, SignedNote.Sign(head.Text, _consortium.Data.VerifierKey.Name, Ed25519Key.Generate()).ToBytes());

        using LogCopy after = LogCopy.Open(copy.Folder, LogKind.Data);

        Assert.Equal(before.Heads.Count - 1, after.Heads.Count);
    }

    private static LogComparison Compare(LogKind log, string first, string second)
    {
        using LogCopy one = LogCopy.Open(first, log);
        using LogCopy two = LogCopy.Open(second, log);
        return LogComparison.Of(log, one, two);
    }

    private static ReadOnlyMemory<byte> Other(ReadOnlyMemory<byte> leaf)
    {
        Statement statement = Envelope.Parse(leaf).Statement;
        statement.Predicate["meaning"] = "Something else.";
        using RecordKey key = RecordKey.Generate();
        return Envelope.Sign(statement, key).Leaf;
    }

    // What a coordinator would show to somebody else: other records from one on, and one head over all of them.
    private string Fork(LedgerCopy copy, int from, int upTo)
    {
        List<ReadOnlyMemory<byte>> leaves = copy.Leaves(LogKind.Data)[..upTo];
        leaves[from] = Other(leaves[from]);
        copy.Replace(LogKind.Data, leaves);
        using EntryLog entries = EntryLog.OpenRead(Path.Combine(copy.Folder, "data"));
        NoteVerifierKey key = _consortium.Data.VerifierKey;
        SignedNote note = SignedNote.Sign(
            new Checkpoint(key.Name, upTo, entries.Root).Text, key.Name, _consortium.DataKey);
        File.WriteAllBytes(copy.PathOf(LogKind.Data, LogKeeper.CheckpointName), note.ToBytes());
        File.Delete(copy.PathOf(LogKind.Data, HeadHistory.FileName));
        return copy.Folder;
    }
}
