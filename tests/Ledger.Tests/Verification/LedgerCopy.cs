using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Ledger.Tests.Verification;

/// <summary>A copy of a ledger folder that a test tampers with.</summary>
internal sealed class LedgerCopy : IDisposable
{
    public LedgerCopy(string source)
    {
        Folder = Directory.CreateTempSubdirectory("dtwin-copy-").FullName;
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            if (Path.GetFileName(file) == EntryLog.LockName)
            {
                // The class library will not copy a file that the keeper has locked; it is empty.
                continue;
            }

            string target = Path.Combine(Folder, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }

    public string Folder { get; }

    public IEnumerable<string> Files => Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Order();

    public string PathOf(LogKind log, string name) =>
        Path.Combine(Folder, LedgerVerifier.FolderNameOf(log), name);

    public List<ReadOnlyMemory<byte>> Leaves(LogKind log)
    {
        using EntryLog entries = EntryLog.OpenRead(Path.Combine(Folder, LedgerVerifier.FolderNameOf(log)));
        return [.. Enumerable.Range(0, (int)entries.Size).Select(i => entries.Read(i))];
    }

    /// <summary>Writes the entries anew with fresh checksums, as an attacker who knows the layout would.</summary>
    public void Replace(LogKind log, IReadOnlyList<ReadOnlyMemory<byte>> leaves) =>
        File.WriteAllBytes(PathOf(log, EntryLog.FileName), [.. EntryFile.Header, .. EntryFile.Frame(leaves)]);

    public VerificationReport Verify(VerificationOptions? options = null) =>
        LedgerVerifier.Verify(Folder, options ?? new VerificationOptions());

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
