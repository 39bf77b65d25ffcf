using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Cli.Hammering;

/// <summary>What to do to a log, for how long.</summary>
internal sealed record HammerOptions(string Folder, int Seconds, int Writers, int Readers, bool Kill, ulong Seed);

/// <summary>
/// Appends to a log in another process, kills that at random, and proves all the time that nothing is lost.
/// </summary>
/// <remarks>After the hammers of Trillian and Tessera: writers, readers that verify all, a check at the end.</remarks>
internal sealed class Hammer(HammerOptions options, TextWriter progress)
{
    private const int ShortestLife = 300;
    private const int LongestLife = 2500;

    private readonly HammerBook _book = new();
    private int _kills;
    private int _starts;

    public static string KeyPath(string folder) => Path.Combine(folder, "log-key.pem");

    public static string LogFolder(string folder) => Path.Combine(folder, "log");

    /// <summary>Hammers, and returns what came of it; <c>passed</c> says whether all held.</summary>
    public async Task<JsonObject> RunAsync(CancellationToken cancellationToken)
    {
        DurableFile.CreateFolder(options.Folder);
        using Ed25519Key key = Ed25519Key.Generate();
        key.Save(KeyPath(options.Folder));
        NoteVerifierKey logKey = NoteVerifierKey.Log(HammerWriter.Origin, key.PublicKey);
        string log = LogFolder(options.Folder);
        HammerReader[] readers =
            [.. Enumerable.Range(0, options.Readers).Select(_ => new HammerReader(log, logKey, _book))];
        long start = Stopwatch.GetTimestamp();
        using (CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken))
        {
            end.CancelAfter(TimeSpan.FromSeconds(options.Seconds));
            Task[] reading =
                [.. readers.Select(reader => Task.Run(() => ReadAsync(reader, end.Token), CancellationToken.None))];
            Task reporting = ReportAsync(readers, end.Token);
            await WriteAsync(end.Token);
            await Task.WhenAll([.. reading, reporting]);
        }

        foreach (HammerReader reader in readers)
        {
            reader.Read();
        }

        FolderReport report = FolderCheck.Run(log, logKey);
        foreach (Finding finding in report.Findings.Where(finding => finding.Severity == Severity.Error))
        {
            _book.Problem(finding.Message);
        }

        return Result(readers, Lost(), Stopwatch.GetElapsedTime(start));
    }

    private async Task WriteAsync(CancellationToken end)
    {
        PhiloxStream random = new(options.Seed, stream: 0);
        while (!end.IsCancellationRequested)
        {
            using Process writer = Start();
            Task heard = HearAsync(writer);
            TimeSpan life = options.Kill
                ? TimeSpan.FromMilliseconds(ShortestLife + random.NextBelow(LongestLife - ShortestLife))
                : Timeout.InfiniteTimeSpan;
            Task ended = writer.WaitForExitAsync(CancellationToken.None);
            await Task.WhenAny(ended, Task.Delay(life, end));
            if (ended.IsCompleted)
            {
                _book.Problem($"The writer ended by itself with exit code {writer.ExitCode}.");
                return;
            }

            if (end.IsCancellationRequested)
            {
                // The last life ends in order: its standard input closes.
                writer.StandardInput.Close();
            }
            else
            {
                writer.Kill();
                _kills++;
            }

            await ended;
            await heard;
        }
    }

    private Process Start()
    {
        string self = Environment.ProcessPath ?? "dotnet";
        ProcessStartInfo start = new(self) { RedirectStandardInput = true, RedirectStandardOutput = true };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "dtwin.dll"));
        }

        // Every life writes other entries.
        foreach (string argument in (string[])
            [
                "ledger", "hammer-writer", "--out", options.Folder, "--writers", Text(options.Writers),
                "--seed", Text(options.Seed + (ulong)++_starts), "--exit-with-parent",
            ])
        {
            start.ArgumentList.Add(argument);
        }

        return Process.Start(start)
            ?? throw new CommandException(ExitCodes.Environment, $"{self} could not be started.");
    }

    private async Task HearAsync(Process writer)
    {
        while (await writer.StandardOutput.ReadLineAsync(CancellationToken.None) is string line)
        {
            _book.Hear(line);
        }
    }

    private static async Task ReadAsync(HammerReader reader, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            if (!reader.Read())
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), CancellationToken.None);
            }
        }
    }

    private async Task ReportAsync(HammerReader[] readers, CancellationToken end)
    {
        using PeriodicTimer timer = new(TimeSpan.FromSeconds(10));
        try
        {
            while (await timer.WaitForNextTickAsync(end))
            {
                await progress.WriteLineAsync($"{_book.Acknowledged} entries acknowledged, {_kills} kills, "
                    + $"{readers.Sum(reader => reader.InclusionProofs)} inclusion proofs, "
                    + $"{_book.Problems.Count} problems");
            }
        }
        catch (OperationCanceledException)
        {
            // The time is over.
        }
    }

    private long Lost()
    {
        using EntryLog log = EntryLog.OpenRead(LogFolder(options.Folder));
        long lost = 0;
        for (long index = 0, found = 0; found < _book.Acknowledged; index++)
        {
            if (_book.HashOf(index) is MerkleHash hash)
            {
                found++;
                lost += index < log.Size && Rfc6962.Leaf(log.Read(index).Span) == hash ? 0 : 1;
            }
        }

        return lost;
    }

    private JsonObject Result(HammerReader[] readers, long lost, TimeSpan took) => new()
    {
        ["passed"] = lost == 0 && _book.Problems.Count == 0 && _book.Acknowledged > 0,
        ["seed"] = Text(options.Seed),
        ["seconds"] = (long)took.TotalSeconds,
        ["acknowledged"] = _book.Acknowledged,
        ["lost"] = lost,
        ["kills"] = _kills,
        ["heads"] = _book.Heads,
        ["inclusionProofs"] = readers.Sum(reader => reader.InclusionProofs),
        ["consistencyProofs"] = readers.Sum(reader => reader.ConsistencyProofs),
        ["problems"] = new JsonArray([.. _book.Problems.Select(problem => JsonValue.Create(problem))]),
    };

    private static string Text(IFormattable number) => number.ToString(null, CultureInfo.InvariantCulture);
}
