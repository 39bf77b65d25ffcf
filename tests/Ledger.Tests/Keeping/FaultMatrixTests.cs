using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Ledger.Tests.Keeping;

// Goal: whatever the kernel does at any file call of opening, appending, signing and publishing, nothing acknowledged
// is lost and the next start finds a clean folder. Method: after tessera's fault_test.go, strace lists the file calls
// of one run; then, for each of them, a process of its own is killed there, or the call fails with EIO or ENOSPC.
// DTWIN_FAULT_MATRIX=1 takes every call and fault; a sample of them by default.
public sealed partial class FaultMatrixTests
{
    private const string Strace = "/usr/bin/strace";

    private static readonly string[] Faults = ["error=EIO", "error=ENOSPC", "signal=SIGKILL"];

    // Calls whose failure leaves something undone that the ledger promised: it must say so.
    private static readonly string[] MustBeReported =
        ["fsync", "pwrite64", "rename", "ftruncate", "mkdir"];

    private static readonly string[] Sampled =
    [
        "fsync 1 error=EIO", "fsync 7 error=EIO", "fsync 12 error=EIO", "fsync 5 signal=SIGKILL",
        "pwrite64 2 error=ENOSPC", "pwrite64 3 signal=SIGKILL", "pwrite64 5 error=EIO", "rename 2 signal=SIGKILL",
        "rename 3 error=EIO", "ftruncate 1 error=EIO", "openat 8 error=ENOSPC", "mkdir 1 error=EIO",
    ];

    private readonly List<string> _problems = [];

    [Fact]
    public async Task Everything_acknowledged_survives_a_fault_at_any_file_call()
    {
        Assert.SkipUnless(File.Exists(Strace), "needs strace to inject the faults");
        List<string> calls = await Calls();
        string[] all = [.. calls.GroupBy(call => call).SelectMany(
            group => Enumerable.Range(1, group.Count()).SelectMany(
                at => Faults.Select(fault => $"{group.Key} {at} {fault}")))];
        Assert.Subset(all.ToHashSet(), Sampled.ToHashSet());
        string[] chosen = Environment.GetEnvironmentVariable("DTWIN_FAULT_MATRIX") is null ? Sampled : all;
        ConcurrentDictionary<string, int> ends = new();

        ParallelOptions atOnce = new()
        {
            MaxDegreeOfParallelism = 3,
            CancellationToken = TestContext.Current.CancellationToken,
        };
        await Parallel.ForEachAsync(chosen, atOnce, async (one, _) => ends[one] = await Strike(one));

        string counts = string.Join(", ", calls.GroupBy(call => call).Select(call => $"{call.Key} {call.Count()}"));
        TestContext.Current.TestOutputHelper?.WriteLine($"{chosen.Length} of {all.Length} cases ({counts}): "
            + $"{ends.Count(end => end.Value == FaultChild.Refused)} refused, "
            + $"{ends.Count(end => end.Value > FaultChild.Refused)} killed, "
            + $"{ends.Count(end => end.Value == 0)} went on without.");
        Assert.True(_problems.Count == 0, string.Join('\n', _problems));
    }

    [Fact]
    public async Task Without_a_fault_the_child_acknowledges_everything()
    {
        Assert.SkipUnless(File.Exists(Strace), "needs strace to inject the faults");
        using TemporaryFolder folder = new();
        FaultChild.Prepare(folder.FullPath);

        Assert.Equal(0, await RunChild(folder.FullPath, ["-e", "trace=fsync", "-o", "/dev/null"]));
        Assert.Equal([1, 1, 1, 3, 3, 3], Acknowledged(folder.FullPath));
    }

    private static async Task<List<string>> Calls()
    {
        using TemporaryFolder folder = new();
        FaultChild.Prepare(folder.FullPath);
        await RunChild(folder.FullPath, ["-e", "trace=%file,%desc", "-o", folder["trace"]]);
        List<string> calls = [];
        foreach (string line in File.ReadLines(folder["trace"]))
        {
            // Standard input, the runtime's pipes and the mapped notes of the child itself are no calls of the ledger,
            // which writes by pwrite64 alone.
            if (CallName().Match(line) is { Success: true } call
                && call.Value is not ("read" or "write" or "mmap" or "munmap"))
            {
                calls.Add(call.Value);
            }
        }

        return calls;
    }

    private static async Task<int> RunChild(string folder, string[] tracing)
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        ProcessStartInfo start = new(Path.ChangeExtension(typeof(FaultMatrixTests).Assembly.Location, null))
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        start.Environment[FaultChild.FolderVariable] = folder;
        using Process child = Process.Start(start)!;
        Assert.Equal("ready", await child.StandardOutput.ReadLineAsync(stop));
        string[] attach = ["-p", child.Id.ToString(CultureInfo.InvariantCulture), .. tracing];
        using Process strace = Process.Start(new ProcessStartInfo(Strace, attach)
        {
            RedirectStandardError = true,
        })!;

        // strace says that it is attached before the thread may go on.
        string attached = await strace.StandardError.ReadLineAsync(stop) ?? "";
        Assert.Contains("attached", attached);
        await child.StandardInput.WriteLineAsync("go");
        child.StandardInput.Close();
        await child.WaitForExitAsync(stop);
        await strace.WaitForExitAsync(stop);
        return child.ExitCode;
    }

    private static long[] Acknowledged(string folder) => MemoryMarshal.Cast<byte, long>(
        File.ReadAllBytes(Path.Combine(folder, FaultChild.AcknowledgedName))).ToArray();

    private static MerkleHash RootOf(long size)
    {
        MerkleFrontier tree = new();
        for (long index = 0; index < size; index++)
        {
            tree.Append(Rfc6962.Leaf(FaultChild.Leaf(index)));
        }

        return tree.Root;
    }

    private async Task<int> Strike(string chosen)
    {
        string[] parts = chosen.Split(' ');
        using TemporaryFolder folder = new();
        FaultChild.Prepare(folder.FullPath);

        int exitCode = await RunChild(folder.FullPath,
            ["-e", $"trace={parts[0]}", "-o", "/dev/null", "-e", $"inject={parts[0]}:{parts[2]}:when={parts[1]}"]);

        bool killed = parts[2] == "signal=SIGKILL";
        Require(killed ? exitCode > FaultChild.Refused : exitCode is 0 or FaultChild.Refused,
            $"{chosen}: exit code {exitCode}");
        Require(killed || exitCode == FaultChild.Refused || !MustBeReported.Contains(parts[0]),
            $"{chosen}: nobody noticed");
        long[] told = Acknowledged(folder.FullPath);
        for (int log = 0; log < FaultChild.Logs.Length; log++)
        {
            try
            {
                Survived(chosen, folder[FaultChild.Logs[log]], told[(3 * log)..(3 * (log + 1))]);
            }
            catch (Exception error) when (error is IOException or NoteFormatException)
            {
                Require(false, $"{chosen}: {FaultChild.Logs[log]} does not open: {error.Message}");
            }
        }

        return exitCode;
    }

    private void Survived(string chosen, string folder, long[] told)
    {
        NoteVerifierKey key = NoteVerifierKey.Log(FaultChild.Origin, FaultChild.LogKey.PublicKey);
        using (LogKeeper keeper = FaultChild.Open(folder))
        {
            long size = keeper.Entries.Size;
            Require(size >= told[0] && keeper.Entries.Root == RootOf(size), $"{chosen}: lost an entry of {folder}");
            long head = keeper.SignedHead is SignedNote note ? Checkpoint.Parse(note.Text).Size : 0;
            Require(head >= told[1], $"{chosen}: lost a signed head of {folder}");
            long final = keeper.FinalHead is SignedNote last ? Checkpoint.Parse(last.Text).Size : 0;
            Require(final >= told[2], $"{chosen}: lost the final head of {folder}");
            keeper.Append(FaultChild.Leaf(size));
            keeper.SignHead();
        }

        FolderReport report = FolderCheck.Run(folder, key);
        Require(report.Findings.Count == 0, $"{chosen}: {string.Join(" ", report.Findings.Select(f => f.Message))}");
    }

    private void Require(bool holds, string problem)
    {
        if (!holds)
        {
            lock (_problems)
            {
                _problems.Add(problem);
            }
        }
    }

    [GeneratedRegex("^[a-z0-9_]+(?=\\()")]
    private static partial Regex CallName();
}
