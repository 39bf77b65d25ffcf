using System.Collections.Concurrent;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Ledger.Tests.Verification;

// Goal: no byte of a ledger is outside the verification. Method: change every single byte of every file of a small
// final ledger, one at a time, and verify each of the resulting ledgers.
public sealed class EveryByteTests
{
    [Fact]
    public void A_change_of_any_byte_of_any_file_fails()
    {
        using SmallConsortium consortium = Smallest();
        VerificationOptions strict = new() { RequireFinal = true };
        Assert.Empty(LedgerVerifier.Verify(consortium.Folder, strict).Findings);
        ConcurrentBag<string> unnoticed = [];
        int changes = 0;

        // Each file is worked on in a copy of its own, so that the processors share the work. The lock has no bytes.
        string[] files = [.. Directory.EnumerateFiles(consortium.Folder, "*", SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(consortium.Folder, path))
            .Where(file => Path.GetFileName(file) != EntryLog.LockName)];
        Parallel.ForEach(files, file =>
        {
            using LedgerCopy copy = new(consortium.Folder);
            string path = Path.Combine(copy.Folder, file);
            byte[] original = File.ReadAllBytes(path);
            for (int i = 0; i < original.Length; i++)
            {
                byte[] changed = [.. original];
                changed[i] ^= (byte)(1 << (i % 8));
                File.WriteAllBytes(path, changed);
                Interlocked.Increment(ref changes);
                if (copy.Verify().Passed)
                {
                    unnoticed.Add($"{file} byte {i}");
                }
            }
        });

        Assert.Empty(unnoticed);
        Assert.InRange(changes, 5_000, 50_000);
    }

    private static SmallConsortium Smallest()
    {
        SmallConsortium consortium = new();
        consortium.Write("centre", "genesis", Fields.Genesis(consortium));
        consortium.Write("centre", "member-admitted",
            Fields.Admission(consortium, "hospital-a", Ledger.Records.Role.Hospital));
        consortium.Cosign("hospital-a");
        consortium.Write("centre", "round-opened", Fields.Round(consortium.Blobs.Put("model 0"u8)));
        consortium.Write("hospital-a", "round-declined", Fields.InRound(("rule", "hours"), ("reason", "It is night.")));
        consortium.Cosign("hospital-a");
        return consortium;
    }
}
