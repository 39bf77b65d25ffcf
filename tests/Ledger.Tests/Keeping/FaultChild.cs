using System.IO.MemoryMappedFiles;
using System.Runtime.CompilerServices;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Tests.Keeping;

/// <summary>The process that a fault strikes: makes a log, goes on with another, notes what it was told.</summary>
/// <remarks>
/// The work is rehearsed elsewhere first, so that no code is loaded any more and every file call of the main thread
/// belongs to the ledger and comes in the same order each time. What was acknowledged goes to mapped memory,
/// which takes no call and outlives a kill.
/// </remarks>
internal static class FaultChild
{
    public const string FolderVariable = "DTWIN_FAULT_CHILD";
    public const string Origin = "twin.example/fault";
    public const string AcknowledgedName = "acknowledged";
    public const string Witness = "hospital-a.example/w1";

    /// <summary>Exit code where the ledger refused to go on.</summary>
    public const int Refused = 3;

    /// <summary>One that is made, and one that a crash left with two entries, a torn third, a torn head.</summary>
    public static readonly string[] Logs = ["new", "torn"];

    private static readonly byte[] Seed = [.. Enumerable.Repeat((byte)7, Ed25519Key.SeedSize)];

    public static Ed25519Key LogKey { get; } = Ed25519Key.FromSeed(Seed);

    public static Ed25519Key WitnessKey { get; } = Ed25519Key.FromSeed([.. Seed.Select(b => (byte)(b + 1))]);

    public static byte[] Leaf(long index) => System.Text.Encoding.UTF8.GetBytes($"leaf {index} of the fault matrix");

    public static LogKeeper Open(string folder) => LogKeeper.Open(folder, Origin, LogKey, TimeProvider.System);

    /// <summary>Lays out what the child finds.</summary>
    public static void Prepare(string folder)
    {
        string torn = Path.Combine(folder, "torn");
        using (LogKeeper keeper = Open(torn))
        {
            AppendAndPublish(keeper, _ => { });
            keeper.Append(Leaf(1));
            keeper.SignHead();
        }

        string history = Path.Combine(torn, HeadHistory.FileName);
        File.WriteAllBytes(history, File.ReadAllBytes(history)[..^9]);
        File.AppendAllText(Path.Combine(torn, Ledger.Storage.EntryLog.FileName), "torn");
        File.WriteAllText(Path.Combine(torn, "checkpoint.0123abcd.tmp"), "left over");
        File.WriteAllBytes(Path.Combine(folder, AcknowledgedName), new byte[Logs.Length * 3 * sizeof(long)]);
    }

    /// <summary>Runs the child and ends the process where this is one.</summary>
    [ModuleInitializer]
    internal static void RunIfChild()
    {
        if (Environment.GetEnvironmentVariable(FolderVariable) is not string folder)
        {
            return;
        }

        string rehearsal = Path.Combine(folder, "rehearsal");
        Directory.CreateDirectory(rehearsal);
        Prepare(rehearsal);
        using (MemoryMappedFile notes = Notes(rehearsal))
        {
            using MemoryMappedViewAccessor unread = notes.CreateViewAccessor();
            Work(rehearsal, unread);
        }

        // The parent attaches the tracer to this thread, then says go.
        using MemoryMappedFile map = Notes(folder);
        using MemoryMappedViewAccessor told = map.CreateViewAccessor();
        Console.Out.WriteLine("ready");
        Console.In.ReadLine();
        Environment.Exit(Work(folder, told));
    }

    private static MemoryMappedFile Notes(string folder) =>
        MemoryMappedFile.CreateFromFile(Path.Combine(folder, AcknowledgedName), FileMode.Open);

    private static int Work(string folder, MemoryMappedViewAccessor told)
    {
        try
        {
            for (int log = 0; log < Logs.Length; log++)
            {
                int at = log * 3;
                using LogKeeper keeper = Open(Path.Combine(folder, Logs[log]));
                AppendAndPublish(keeper, step => told.Write((at + step) * sizeof(long), keeper.Entries.Size));
            }

            return 0;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or NotSupportedException)
        {
            // The class library takes a file whose lseek fails for one that cannot seek.
            return Refused;
        }
    }

    // Appends, signs, publishes; tells after each step, so that what it told must hold after any fault.
    private static void AppendAndPublish(LogKeeper keeper, Action<int> told)
    {
        NoteVerifierKey witness = NoteVerifierKey.Witness(Witness, WitnessKey.PublicKey);
        keeper.Append(Leaf(keeper.Entries.Size));
        told(0);
        SignedNote head = keeper.SignHead();
        told(1);
        NoteSignature line = Cosignature.Sign(head.Text, Witness, WitnessKey, TimeProvider.System.GetUtcNow());
        keeper.AddCosignature(keeper.Entries.Size, line.ToString(), witness);
        keeper.Final(_ => [witness]);
        told(2);
    }
}
