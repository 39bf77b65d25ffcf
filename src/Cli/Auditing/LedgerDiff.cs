using System.Text;
using System.Text.Json.Nodes;
using DigitalTwin.Cli.Reporting;
using DigitalTwin.Ledger.Comparison;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Cli.Auditing;

/// <summary>One log in two copies, with what a person needs to see of the first difference.</summary>
/// <param name="First">The first record that differs, in words; null where the copy ends there.</param>
/// <param name="FirstHeads">How many heads the first copy has and how far they reach, in words.</param>
internal sealed record LogDiff(
    LogComparison Comparison, string? First, string? Second, string FirstHeads, string SecondHeads);

/// <summary>Two copies of a ledger side by side: the coordinator's and a hospital's, say.</summary>
/// <remarks>Whether either copy holds by itself is the part of <c>audit verify</c>.</remarks>
internal sealed class LedgerDiff
{
    private readonly string _first;
    private readonly string _second;

    private LedgerDiff(string first, string second, IReadOnlyList<LogDiff> logs)
    {
        (_first, _second) = (first, second);
        Logs = logs;
    }

    public IReadOnlyList<LogDiff> Logs { get; }

    public bool Agrees => Logs.All(log => log.Comparison.Agrees);

    /// <exception cref="CommandException">A folder is no ledger, or damaged beyond reading.</exception>
    public static LedgerDiff Of(string first, string second)
    {
        AuditReport.RequireLedger(first);
        AuditReport.RequireLedger(second);
        try
        {
            return new LedgerDiff(first, second, [.. Enum.GetValues<LogKind>().Select(log => Of(log, first, second))]);
        }
        catch (Exception problem) when (problem is LedgerDamagedException or FormatException)
        {
            throw new CommandException(
                ExitCodes.NotVerified, $"A copy can't be read: {problem.Message} Run dtwin audit verify on both.");
        }
    }

    public void Print(TextWriter output)
    {
        output.WriteLine($"A  {_first}");
        output.WriteLine($"B  {_second}");
        foreach (LogDiff log in Logs)
        {
            LogComparison comparison = log.Comparison;
            output.WriteLine();
            output.WriteLine($"{NameOf(comparison.Log)}: {SentenceOf(comparison)}");
            output.WriteLine($"  in common  {comparison.CommonSize} records");
            output.WriteLine($"  heads A    {log.FirstHeads}");
            output.WriteLine($"  heads B    {log.SecondHeads}");
            if (comparison.Relation != CopyRelation.Equal)
            {
                output.WriteLine($"  record {comparison.CommonSize} A  {TerminalText.Plain(log.First ?? "none")}");
                output.WriteLine($"  record {comparison.CommonSize} B  {TerminalText.Plain(log.Second ?? "none")}");
            }

            if (comparison.Contradiction is { } contradiction)
            {
                output.WriteLine($"  CONTRADICTION: the log signed {HeadText(contradiction.First)} in A "
                    + $"and {HeadText(contradiction.Second)} in B, and no log can have both.");
            }
        }

        output.WriteLine();
        output.WriteLine(Agrees ? "NO FORK" : "FORK");
    }

    public JsonObject ToJson() => new()
    {
        ["agrees"] = Agrees,
        ["logs"] = new JsonArray([.. Logs.Select(log => (JsonNode)new JsonObject
        {
            ["log"] = NameOf(log.Comparison.Log),
            ["relation"] = log.Comparison.Relation switch
            {
                CopyRelation.Equal => "equal",
                CopyRelation.FirstIsPrefix => "a-is-prefix",
                CopyRelation.SecondIsPrefix => "b-is-prefix",
                CopyRelation.Forked => "forked",
                _ => "unrelated",
            },
            ["sizeA"] = log.Comparison.FirstSize,
            ["sizeB"] = log.Comparison.SecondSize,
            ["common"] = log.Comparison.CommonSize,
            ["firstDifferenceA"] = log.First,
            ["firstDifferenceB"] = log.Second,
            ["headsA"] = log.FirstHeads,
            ["headsB"] = log.SecondHeads,
            ["contradictionA"] = log.Comparison.Contradiction?.First.Format(),
            ["contradictionB"] = log.Comparison.Contradiction?.Second.Format(),
        })]),
    };

    /// <summary>Writes the contradicting notes, each to the letter as its copy has it; returns their paths.</summary>
    public IReadOnlyList<string> WriteNotes(string folder)
    {
        List<string> paths = [];
        foreach (LogComparison comparison in Logs.Select(log => log.Comparison))
        {
            if (comparison.Contradiction is { } contradiction)
            {
                DurableFile.CreateFolder(folder);
                paths.Add(Write(folder, $"{NameOf(comparison.Log)}-a.note", contradiction.First));
                paths.Add(Write(folder, $"{NameOf(comparison.Log)}-b.note", contradiction.Second));
            }
        }

        return paths;
    }

    private static string Write(string folder, string name, SignedNote note)
    {
        string path = Path.Combine(folder, name);
        DurableFile.WriteAtomically(path, note.ToBytes());
        return path;
    }

    private static LogDiff Of(LogKind log, string first, string second)
    {
        using LogCopy one = LogCopy.Open(first, log);
        using LogCopy two = LogCopy.Open(second, log);
        LogComparison comparison = LogComparison.Of(log, one, two);
        return new LogDiff(
            comparison, RecordText(one, comparison.CommonSize), RecordText(two, comparison.CommonSize),
            HeadsText(one), HeadsText(two));
    }

    private static string SentenceOf(LogComparison comparison) => comparison.Relation switch
    {
        CopyRelation.Equal => $"both copies hold the same {comparison.CommonSize} records.",
        CopyRelation.FirstIsPrefix =>
            $"A is a prefix of B, which has {comparison.SecondSize - comparison.CommonSize} records more.",
        CopyRelation.SecondIsPrefix =>
            $"B is a prefix of A, which has {comparison.FirstSize - comparison.CommonSize} records more.",
        CopyRelation.Forked => $"the copies differ from record {comparison.CommonSize} on.",
        _ => "the copies are of two consortia: their log keys differ.",
    };

    private static string? RecordText(LogCopy copy, long index)
    {
        if (index >= copy.Size)
        {
            return null;
        }

        if (copy.RecordAt(index) is not { } record)
        {
            return "is no record";
        }

        try
        {
            RecordHeader header = RecordHeader.Of(record.Statement);
            return $"{record.Statement.Name} number {header.Seq} of {header.Actor.Id} "
                + $"at {PredicateReader.Format(header.Time)}, {Payload(record)}";
        }
        catch (FormatException)
        {
            return $"{record.Statement.Name}, {Payload(record)}";
        }
    }

    private static string Payload(Envelope record) =>
        Encoding.UTF8.GetString(CanonicalJson.Serialize(record.Statement.Predicate));

    private static string HeadsText(LogCopy copy)
    {
        if (copy.Heads.Count == 0)
        {
            return "none";
        }

        int holding = copy.Heads.Count(head => copy.Confirms(head) == true);
        return $"{copy.Heads.Count} signed by the log, {holding} over these entries, newest {HeadText(copy.Heads[^1])}";
    }

    private static string HeadText(SignedNote note)
    {
        Checkpoint head = Checkpoint.Parse(note.Text);
        return $"{head.Size} records with root {head.Root}";
    }

    private static string NameOf(LogKind log) => LedgerVerifier.FolderNameOf(log);
}
