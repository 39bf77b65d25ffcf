using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Cli.Studies;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Models;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Scenarios.Tests.Hosting;

namespace DigitalTwin.Scenarios.Tests;

// Goal: nothing that crosses the wire is a patient or an addend in clear. Method: every plaintext byte that leaves one
// node is kept by a relay that holds the keys of both ends. The addends in clear are computed again from the node's
// secrets, and their digests must be those of the node's journal, so the search is for the right bytes. The masked
// addends must be found by the same search.
public sealed class WireTests
{
    /// <summary>Eight bytes that are no sign or zero are met by chance in a megabyte with probability 2^-44.</summary>
    private const int TellingBytes = 8;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Only_masked_addends_leave_a_hospital(bool isPrivate)
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync(tapped: ["north"]);
        string yaml = isPrivate ? StudyText.PrivateGradient("wire") : StudyText.Newton("wire");

        StudyState study = await consortium.RunStudyAsync(yaml);

        Assert.Equal("complete", study.Closing!.Verdict);
        RunningNode north = consortium["north"];
        await north.StopAsync();
        byte[] sent = [.. consortium.TapOf("north").Sent, .. consortium.TapOf("north").Payload];
        string[] records = Records(consortium);
        BlobFolder blobs = new(Path.Combine(north.Folder.Ledger, "blobs"));
        int telling = 0;
        foreach (SpendingEntry entry in SpendingJournal.Open(north.Folder.Journal).Entries.Where(one => one.Uploaded))
        {
            byte[] clear = ClearAddend(north, study, StudyDesk.Compile("study.yaml", yaml), entry, blobs);
            Assert.Equal(entry.ClearDigest, Convert.ToHexStringLower(SHA256.HashData(clear)));
            Assert.False(Holds(sent, clear));
            Assert.DoesNotContain(records, record => record.Contains(entry.ClearDigest, StringComparison.Ordinal));
            for (int at = 0; at + (2 * sizeof(ulong)) <= clear.Length; at += sizeof(ulong))
            {
                byte[] words = clear[at..(at + (2 * sizeof(ulong)))];
                telling += IsTelling(words) ? 1 : 0;
                Assert.False(IsTelling(words) && Holds(sent, words));
            }

            // The positive control: the same search finds what did leave.
            byte[] masked = blobs.Get(entry.Addend)!;
            Assert.True(Holds(sent, masked));
            Assert.Contains(records, record => record.Contains(entry.Addend, StringComparison.Ordinal));
        }

        Assert.True(telling > 30, $"Only {telling} neighbouring words of the addends could be searched for.");
        await consortium.AssertVerifiesAsync();
    }

    [Fact]
    public async Task No_patient_leaves_a_hospital()
    {
        await using RunningConsortium consortium = await RunningConsortium.StartAsync(tapped: ["south"]);

        await consortium.RunStudyAsync(StudyText.Newton("patients"));

        RunningNode south = consortium["south"];
        await south.StopAsync();
        byte[] sent = [.. consortium.TapOf("south").Sent, .. consortium.TapOf("south").Payload];
        Assert.True(Holds(sent, "/digitaltwin.v1.BlobExchange/Put"u8));
        string[] lines = File.ReadAllLines(consortium.PathOf("south.csv"));
        Assert.Equal(46, lines.Length);
        Assert.All(lines, line => Assert.False(Holds(sent, Encoding.ASCII.GetBytes(line))));
        foreach (Table rows in new[] { south.Data.Site.Train, south.Data.Site.Test })
        {
            for (int row = 0; row < rows.Rows; row++)
            {
                // Four neighbouring values of one patient, as any program would write an array of doubles.
                Assert.False(Holds(sent, Doubles(rows.Row(row)[..4])));
            }
        }

        // An exact row count is finer than the bucket that the node has agreed to tell.
        string[] own = [.. Records(consortium).Where(record => record.Contains("\"south\"", StringComparison.Ordinal))];
        Assert.Contains(own, record => record.Contains("\"rowsBucket\":\"20-49\"", StringComparison.Ordinal));
        await consortium.AssertVerifiesAsync();
    }

    private static byte[] ClearAddend(
        RunningNode node, StudyState study, StudyDocument document, SpendingEntry entry, BlobFolder blobs)
    {
        RoundState round = study.Rounds.Single(one => (one.Number, one.Attempt) == (entry.Round, entry.Attempt));
        StudyProgram program = new(document);
        ModelState state = program.Initial().Sha256() == entry.BaseModel
            ? program.Initial()
            : ModelState.Parse(blobs.Get(entry.BaseModel)!);
        ReplayKey replay = node.Folder.LoadReplayKey();
        using SeededRandomBits noise = replay.Noise(document.Sha256, round.Number, round.Attempt, round.BaseModel);
        ulong[] words = new ulong[round.Words];
        double rows = Conductor.PublicRows(study, round.Participants);
        program.AlgorithmFor(state, new CohortSize(round.Participants.Count, round.Terms.Fewest)).Contribute(
            state,
            new RoundSetting(round.Participants.Count, rows, rows),
            new LocalInputs(
                node.Data.Site.Train,
                node.Data.Site.Test,
                replay.Batches(document.Sha256, round.Number, round.BaseModel),
                noise),
            words);
        return WordCodec.ToBytes(words);
    }

    // Records travel as base64 inside their signed envelope, so they are searched as the statements they hold.
    private static string[] Records(RunningConsortium consortium)
    {
        using MemberSession reader = new(consortium.Researcher);
        List<string> records = [];
        foreach (Ledger.Records.LogKind log in Enum.GetValues<Ledger.Records.LogKind>())
        {
            EntryLog entries = reader.Replica.MirrorOf(log).Entries;
            for (long i = 0; i < entries.Size; i++)
            {
                records.Add(Ledger.Encoding.Envelope.Parse(entries.Read(i)).Statement.Predicate.ToJsonString());
            }
        }

        return [.. records];
    }

    private static bool Holds(ReadOnlySpan<byte> sent, ReadOnlySpan<byte> wanted) => sent.IndexOf(wanted) >= 0;

    private static bool IsTelling(byte[] words) => words.Count(one => one is not (0 or 0xff)) >= TellingBytes;

    private static byte[] Doubles(ReadOnlySpan<double> values)
    {
        byte[] bytes = new byte[values.Length * sizeof(double)];
        for (int i = 0; i < values.Length; i++)
        {
            BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(i * sizeof(double)), values[i]);
        }

        return bytes;
    }
}
