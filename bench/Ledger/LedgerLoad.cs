using System.Diagnostics;
using System.Globalization;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.LedgerLoad;

/// <summary>How fast a log takes records, and how fast it is verified.</summary>
internal static class LedgerLoad
{
    public const int DefaultRecords = 100_000;

    // Records under one head: heads and cosignatures cost fsyncs too, so a busy log signs a few times per second.
    private const int RecordsPerHead = 8 * GroupCommit.MostEntries;
    private const int Proven = 2000;

    /// <summary>Writes a final ledger of so many data records.</summary>
    public static void Generate(string folder, int records)
    {
        using LoadConsortium consortium = new();
        consortium.Found(Path.Combine(folder, "authorization"));
        using LogKeeper keeper = Keeper(consortium, folder);
        for (int left = records; left > 0; left -= RecordsPerHead)
        {
            keeper.Append(consortium.Next(int.Min(left, RecordsPerHead)));
            keeper.SignHead();
        }

        consortium.Finish(keeper);
    }

    /// <summary>
    /// Appends records through group commits, signs a head per 2,048 of them, and lets four mirrors copy and cosign.
    /// </summary>
    /// <remarks>The records are signed beforehand, as members sign theirs, and judged by nobody here.</remarks>
    public static string Append(string folder, int records)
    {
        using LoadConsortium consortium = new();
        consortium.Found(Path.Combine(folder, "authorization"));
        ReadOnlyMemory<byte>[] leaves = consortium.Next(records);
        using LogKeeper keeper = Keeper(consortium, folder);
        LogMirror[] mirrors = [.. consortium.Witnesses.Select((_, i) =>
            LogMirror.Open(Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"mirror-{i}")),
                keeper.VerifierKey))];
        GroupCommit commit = new(keeper, TimeProvider.System);
        (int heads, int cosignatures) = (0, 0);
        long start = Stopwatch.GetTimestamp();
        for (int at = 0; at < records; at += RecordsPerHead)
        {
            ReadOnlyMemory<byte>[] part = leaves[at..int.Min(records, at + RecordsPerHead)];
            Task.WaitAll([.. part.Select(leaf => commit.Enqueue(leaf).Durable)]);
            SignedNote head = keeper.SignHead();
            heads++;
            cosignatures += Cosign(consortium, keeper, mirrors, part, head);
            keeper.Final(_ => consortium.Witnesses);
        }

        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        commit.DisposeAsync().AsTask().GetAwaiter().GetResult();
        foreach (LogMirror mirror in mirrors)
        {
            mirror.Dispose();
        }

        // A commit flushes once; a head twice at the keeper and twice for publishing; a mirror its entries and its
        // head.
        long flushes = commit.Commits + (heads * (4 + (2 * mirrors.Length)));
        return string.Create(CultureInfo.InvariantCulture, $"{records} records in {seconds:F2} s: "
            + $"{records / seconds:F0} records/s, {commit.Commits} commits, {heads} heads, "
                + $"{cosignatures} cosignatures, "
            + $"{flushes} fsyncs");
    }

    /// <summary>Verifies a ledger and says what it took.</summary>
    public static string Verify(string folder)
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan before = Environment.CpuUsage.TotalTime;
        VerificationReport report = LedgerVerifier.Verify(folder, new VerificationOptions { RequireFinal = true });
        double seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        double processor = (Environment.CpuUsage.TotalTime - before).TotalSeconds;
        using Process self = Process.GetCurrentProcess();
        string verdict = report.Passed ? "verified" : report.Findings[0].Message;
        return string.Create(CultureInfo.InvariantCulture, $"{report.Data?.Size} records {verdict} in {seconds:F2} s, "
            + $"{processor:F2} s of processor, {self.PeakWorkingSet64 >> 20} MiB at most");
    }

    /// <summary>Opens a log and makes inclusion proofs at places all over it.</summary>
    public static string Proofs(string folder)
    {
        long start = Stopwatch.GetTimestamp();
        using EntryLog log = EntryLog.OpenRead(Path.Combine(folder, "data"));
        double opened = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        double[] times = new double[Proven];
        for (int i = 0; i < Proven; i++)
        {
            // A stride without a common factor with the size visits places all over the log.
            long index = i * 7_919L * 104_729 % log.Size;
            start = Stopwatch.GetTimestamp();
            IReadOnlyList<MerkleHash> proof = log.InclusionProof(index, log.Size);
            times[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            if (!MerkleProof.VerifyInclusion(Rfc6962.Leaf(log.Read(index).Span), index, log.Size, proof, log.Root))
            {
                return $"The proof of record {index} does not hold.";
            }
        }

        double first = times[0];
        Array.Sort(times);
        return string.Create(CultureInfo.InvariantCulture, $"{log.Size} records opened in {opened:F0} ms; first proof "
            + $"{first:F3} ms, median {times[Proven / 2]:F3} ms, 99 of 100 within {times[Proven * 99 / 100]:F3} ms");
    }

    private static int Cosign(
        LoadConsortium consortium, LogKeeper keeper, LogMirror[] mirrors, ReadOnlyMemory<byte>[] part, SignedNote head)
    {
        string?[] lines = new string?[mirrors.Length];
        Parallel.For(0, mirrors.Length, i =>
        {
            mirrors[i].Append(part);
            lines[i] = mirrors[i].Cosign(
                head, consortium.WitnessKey(i), consortium.Witnesses[i].Name, TimeProvider.System);
        });
        long size = Checkpoint.Parse(head.Text).Size;
        return lines.Where((line, i) =>
            line is not null && keeper.AddCosignature(size, line, consortium.Witnesses[i])).Count();
    }

    private static LogKeeper Keeper(LoadConsortium consortium, string folder) => LogKeeper.Open(
        Path.Combine(folder, "data"), LoadConsortium.DataOrigin, consortium.DataKey, TimeProvider.System);
}
