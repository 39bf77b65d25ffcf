using System.Diagnostics;
using System.Globalization;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Tests.Keeping;

// Goal: whatever the disk or the kernel does in the middle of an append or a signature, nothing acknowledged is lost
// and no second head is signed. Method: after tessera's fault_test.go, a child process works on a log while strace
// kills it, or fails the call, at the n-th fsync or write to the log's files; the parent then opens what is left.
public sealed class CrashMatrixTests : IDisposable
{
    private const string FolderVariable = "DTWIN_CRASH_MATRIX_FOLDER";
    private const string Origin = "twin.example/crash";
    private const int Rounds = 4;

    private static readonly byte[] Seed = [.. Enumerable.Repeat((byte)7, Ed25519Key.SeedSize)];

    private readonly TemporaryFolder _folder = new();
    private readonly Ed25519Key _key = Ed25519Key.FromSeed(Seed);

    private string LogFolder => _folder["log"];

    public static TheoryData<string, string, int> Matrix
    {
        get
        {
            TheoryData<string, string, int> matrix = [];
            foreach (string call in (string[])["fsync", "pwrite64"])
            {
                foreach (string fault in (string[])["signal=SIGKILL", "error=EIO"])
                {
                    matrix.AddRange([.. Enumerable.Range(1, 6).Select(at => (call, fault, at))]);
                }
            }

            return matrix;
        }
    }

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Matrix))]
    public async Task Everything_acknowledged_survives_a_fault(string call, string fault, int at)
    {
        Assert.SkipUnless(File.Exists("/usr/bin/strace"), "needs strace to inject the fault");
        using (Open())
        {
            // The files exist before the child starts, so that the fault falls into an append or a signature.
        }

        int exitCode = await RunChild($"trace={call}", $"inject={call}:{fault}:when={at}");

        Assert.NotEqual(0, exitCode);
        string[] acknowledged = File.Exists(_folder["acknowledged"]) ? File.ReadAllLines(_folder["acknowledged"]) : [];
        Assert.Equal(AcknowledgedBefore(at), acknowledged.Length);
        using LogKeeper keeper = Open();
        foreach (string line in acknowledged)
        {
            string[] parts = line.Split(' ');
            long size = long.Parse(parts[1], CultureInfo.InvariantCulture);
            Assert.InRange(size, 0, keeper.Entries.Size);
            Assert.Equal(parts[2], keeper.Entries.RootAt(size).ToString());
        }

        SignedNote head = keeper.SignHead();
        string[] heads = File.ReadAllLines(Path.Combine(LogFolder, HeadHistory.FileName));
        Assert.All(acknowledged.Where(line => line.StartsWith("head", StringComparison.Ordinal)), line =>
            Assert.Contains(line.Split(' ')[2], heads));
        Assert.Equal(keeper.Entries.Root, Checkpoint.Parse(head.Text).Root);
    }

    [Fact]
    public void Child_appends_and_signs_until_a_fault_stops_it()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not string folder)
        {
            Assert.Skip("is the child process of the matrix");
            return;
        }

        string acknowledged = Path.Combine(folder, "acknowledged");
        using LogKeeper keeper = LogKeeper.Open(Path.Combine(folder, "log"), Origin, _key, TimeProvider.System);
        for (int i = 0; i < Rounds; i++)
        {
            keeper.Append(new byte[100 + i]);
            File.AppendAllText(acknowledged, $"entry {i + 1} {keeper.Entries.RootAt(i + 1)}\n");
            keeper.SignHead();
            File.AppendAllText(acknowledged, $"head {i + 1} {keeper.Entries.RootAt(i + 1)}\n");
        }
    }

    // A round writes and flushes three times: the entry, the announced head, the signature. It acknowledges after the
    // first and after the third, so the place of the fault says how many lines must be there.
    private static int AcknowledgedBefore(int at) => (2 * ((at - 1) / 3)) + ((at - 1) % 3 > 0 ? 1 : 0);

    private LogKeeper Open() => LogKeeper.Open(LogFolder, Origin, _key, TimeProvider.System);

    private async Task<int> RunChild(string trace, string inject)
    {
        string assembly = typeof(CrashMatrixTests).Assembly.Location;
        ProcessStartInfo start = new("/usr/bin/strace")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in (string[])
            [
                "-f", "-o", "/dev/null", "-P", Path.Combine(LogFolder, EntryLog.FileName),
                "-P", Path.Combine(LogFolder, HeadHistory.FileName), "-e", trace, "-e", inject,
                Path.ChangeExtension(assembly, null),
                "--filter-method", $"*{nameof(Child_appends_and_signs_until_a_fault_stops_it)}",
            ])
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment[FolderVariable] = _folder.FullPath;
        CancellationToken stop = TestContext.Current.CancellationToken;
        using Process child = Process.Start(start)!;
        Task<string> output = child.StandardOutput.ReadToEndAsync(stop);
        Task<string> errors = child.StandardError.ReadToEndAsync(stop);
        await Task.WhenAll(output, errors, child.WaitForExitAsync(stop));
        return child.ExitCode;
    }
}
