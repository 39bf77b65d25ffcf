using System.Diagnostics;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Verification;
using DigitalTwin.LedgerLoad;

if (args[0] == "generate")
{
    using LoadConsortium c = new();
    c.Found(Path.Combine(args[1], "authorization"));
    using LogKeeper k = LogKeeper.Open(Path.Combine(args[1], "data"), LoadConsortium.DataOrigin, c.DataKey, TimeProvider.System);
    for (int left = int.Parse(args[2]); left > 0; left -= 4096)
    {
        k.Append(c.Next(int.Min(left, 4096)));
        k.SignHead();
    }
    c.Finish(k);
    return;
}

long start = Stopwatch.GetTimestamp();
TimeSpan cpu = Environment.CpuUsage.TotalTime;
VerificationReport report = LedgerVerifier.Verify(args[1], new VerificationOptions { RequireFinal = true });
foreach (Finding f in report.Findings) { Console.WriteLine(f.Message); }
Console.WriteLine($"{report.Passed} {report.Data?.Size} {Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s, cpu {(Environment.CpuUsage.TotalTime - cpu).TotalSeconds:F2}, peak {Process.GetCurrentProcess().PeakWorkingSet64 >> 20} MiB");
