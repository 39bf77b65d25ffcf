using DigitalTwin.Federation.Participation;

namespace DigitalTwin.Federation.Tests.Participation;

// Goal: what may have left is written down, whatever happens to the process. Method: journals on disk, cut and damaged.
public sealed class SpendingJournalTests : IDisposable
{
    private static readonly string Model = new('1', 64);

    private readonly string _folder = Directory.CreateTempSubdirectory("dtwin-journal-").FullName;

    private string File => Path.Combine(_folder, "journal.jsonl");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Entries_survive_a_restart()
    {
        SpendingJournal journal = SpendingJournal.Open(File);
        journal.Add(Entry("a", 1));
        journal.Add(Entry("a", 1) with { Uploaded = true });

        SpendingJournal read = SpendingJournal.Open(File);

        Assert.Equal(journal.Entries, read.Entries);
        Assert.True(read.Find("a", 1, 1)!.Uploaded);
        Assert.Null(read.Find("a", 1, 2));
    }

    [Fact]
    public void A_torn_last_line_is_dropped_at_whatever_byte_it_is_torn()
    {
        SpendingJournal journal = SpendingJournal.Open(File);
        journal.Add(Entry("a", 1));
        long first = new FileInfo(File).Length;
        journal.Add(Entry("a", 2));
        byte[] whole = System.IO.File.ReadAllBytes(File);

        for (long length = first; length < whole.Length; length++)
        {
            System.IO.File.WriteAllBytes(File, whole[..(int)length]);

            Assert.Equal(journal.Entries[0], Assert.Single(SpendingJournal.Open(File).Entries));
        }
    }

    [Fact]
    public void A_damaged_line_before_the_last_stops_the_node()
    {
        SpendingJournal journal = SpendingJournal.Open(File);
        journal.Add(Entry("a", 1));
        journal.Add(Entry("a", 2));
        System.IO.File.WriteAllText(File, "x" + System.IO.File.ReadAllText(File));

        Assert.Contains(
            "line 1: the spending journal is damaged",
            Assert.Throws<InvalidDataException>(() => SpendingJournal.Open(File)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_is_released_once_it_may_have_left_but_the_same_attempt_may_be_repeated()
    {
        SpendingJournal journal = SpendingJournal.InMemory();
        journal.Add(Entry("a", 1));
        Assert.False(journal.HasReleased("a", Model, 1, 2));
        journal.Add(Entry("a", 1) with { Uploaded = true });

        Assert.True(journal.HasReleased("a", Model, 1, 2));
        Assert.True(journal.HasReleased("a", Model, 2, 1));
        Assert.False(journal.HasReleased("a", Model, 1, 1));
        Assert.False(journal.HasReleased("b", Model, 1, 2));
    }

    [Fact]
    public void Only_uploads_with_noise_cost_and_other_studies_add_up()
    {
        SpendingJournal journal = SpendingJournal.InMemory();
        journal.Add(Entry("a", 1));
        Assert.Null(PrivacySpending.OfStudy(journal, "a"));
        journal.Add(Entry("a", 1) with { Uploaded = true });
        journal.Add(Entry("b", 1) with { Uploaded = true, NoiseMultiplier = null, Delta = null });
        journal.Add(Entry("c", 1) with { Uploaded = true });
        double once = PrivacySpending.OfStudy(journal, "a")!.Value.Epsilon;

        Assert.Null(PrivacySpending.OfStudy(journal, "b"));
        Assert.Equal(2 * once, PrivacySpending.EpsilonBeside(journal, "b"), 1e-12);
        Assert.Equal(once, PrivacySpending.EpsilonBeside(journal, "a"), 1e-12);
        Assert.Equal(1e-3, PrivacySpending.OfStudy(journal, "a")!.Value.Delta);
    }

    private static SpendingEntry Entry(string study, int round) =>
        new(study, round, 1, Model, new('2', 64), new('3', 64), 5.0, 14, 1 << 28, 1e-3, Uploaded: false);
}
