using System.Buffers.Binary;
using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Cli.Hammering;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin ledger</c>: check the files of a ledger, and prove that its storage loses nothing.</summary>
internal static class LedgerCommand
{
    private const int LongestHammering = 7 * 24 * 3600;

    public static Command Create() => new("ledger", "Check the files of a ledger, and try its storage.")
    {
        Check(),
        HammerIt(),
        Writer(),
    };

    private static Command Check()
    {
        Argument<string> folder = new("dir") { Description = "A ledger folder, or the folder of one log." };
        Option<bool> json = SharedOptions.Json();
        Option<bool> repair = new("--repair")
        {
            Description = "Make files anew that follow from the entries; entries and heads are never changed.",
        };
        Command command = new("fsck", "Check frames, checksums, trees, heads and blobs; say what disk or crash did.")
        {
            folder, json, repair,
        };
        command.Run((parsed, _) =>
        {
            string path = parsed.GetRequiredValue(folder);
            if (!Directory.Exists(path))
            {
                throw new CommandException(ExitCodes.Usage, $"There is no folder {path}.");
            }

            IReadOnlyList<string> repaired = parsed.GetValue(repair) ? FolderCheck.RepairTrees(path) : [];
            FolderReport report = FolderCheck.Run(path);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(ToJson(report, repaired).ToJsonString());
            }
            else
            {
                Print(report, repaired);
            }

            return Task.FromResult(report.Passed ? ExitCodes.Complete : ExitCodes.NotVerified);
        });
        return command;
    }

    private static Command HammerIt()
    {
        Option<string> folder = Out();
        Option<int> seconds = new("--seconds") { Description = "How long.", DefaultValueFactory = _ => 60 };
        Option<int> writers = Writers();
        Option<int> readers = new("--readers")
        {
            Description = "Readers that prove every entry against a signed head.",
            DefaultValueFactory = _ => 2,
        };
        Option<bool> kill = new("--kill") { Description = "Kill the writing process at random and start it again." };
        Option<ulong?> seed = new("--seed") { Description = "Seed of entries and kills; a new one by default." };
        Option<bool> json = SharedOptions.Json();
        Command command = new("hammer", "Append to a new log from many writers, prove everything, lose nothing.")
        {
            folder, seconds, writers, readers, kill, seed, json,
        };
        command.Run(async (parsed, cancellationToken) =>
        {
            HammerOptions options = new(
                parsed.GetRequiredValue(folder),
                Between(parsed.GetValue(seconds), 1, LongestHammering, "--seconds"),
                Between(parsed.GetValue(writers), 1, 1000, "--writers"),
                Between(parsed.GetValue(readers), 0, 100, "--readers"),
                parsed.GetValue(kill),
                parsed.GetValue(seed) ?? BinaryPrimitives.ReadUInt64LittleEndian(RandomNumberGenerator.GetBytes(8)));
            if (Directory.Exists(options.Folder) && Directory.EnumerateFileSystemEntries(options.Folder).Any())
            {
                throw new CommandException(ExitCodes.Usage, $"--out {options.Folder}: the folder is not empty.");
            }

            await Console.Error.WriteLineAsync($"seed {options.Seed}");
            JsonObject result = await new Hammer(options, Console.Error).RunAsync(cancellationToken);
            DurableFile.WriteAtomically(
                Path.Combine(options.Folder, "hammer.json"), System.Text.Encoding.UTF8.GetBytes(result + "\n"));
            Console.WriteLine(parsed.GetValue(json) ? result.ToJsonString() : Sentence(result));
            return result["passed"]!.GetValue<bool>() ? ExitCodes.Complete : ExitCodes.NotVerified;
        });
        return command;
    }

    private static Command Writer()
    {
        Option<string> folder = Out();
        Option<int> writers = Writers();
        Option<ulong> seed = new("--seed") { Description = "Seed of the entries." };
        Option<bool> exitWithParent = SharedOptions.ExitWithParent();
        Command command = new("hammer-writer", "The process that the hammer kills.")
        {
            folder, writers, seed, exitWithParent,
        };
        command.Hidden = true;
        command.Run(async (parsed, cancellationToken) =>
        {
            using CancellationTokenSource stop =
                SharedOptions.StopOn(parsed.GetValue(exitWithParent), cancellationToken);
            await HammerWriter.RunAsync(
                parsed.GetRequiredValue(folder), parsed.GetValue(writers), parsed.GetValue(seed), stop.Token);
            return ExitCodes.Complete;
        });
        return command;
    }

    private static Option<string> Out() => new("--out")
    {
        Description = "New folder for the log and the report.",
        HelpName = "DIR",
        Required = true,
    };

    private static Option<int> Writers() => new("--writers")
    {
        Description = "Callers that append at the same time.",
        DefaultValueFactory = _ => 16,
    };

    private static int Between(int value, int least, int most, string option) => value >= least && value <= most
        ? value
        : throw new CommandException(ExitCodes.Usage, $"{option} {value}: give a number from {least} to {most}.");

    private static string Sentence(JsonObject result) =>
        $"{result["acknowledged"]} entries acknowledged, {result["lost"]} lost, {result["kills"]} kills, "
        + $"{result["heads"]} heads, {result["inclusionProofs"]} inclusion and {result["consistencyProofs"]} "
        + $"consistency proofs, {((JsonArray)result["problems"]!).Count} problems\n"
        + string.Concat(((JsonArray)result["problems"]!).Select(problem => $"  {problem}\n"))
        + (result["passed"]!.GetValue<bool>() ? "NOTHING LOST" : "FAILED");

    private static void Print(FolderReport report, IReadOnlyList<string> repaired)
    {
        foreach (string folder in repaired)
        {
            Console.WriteLine($"made anew      tree of {folder}");
        }

        foreach (CheckedLog log in report.Logs)
        {
            Console.WriteLine($"{log.Folder}: {log.Size} entries, {log.Heads} heads hold, signatures "
                + (log.SignaturesChecked ? "checked" : "not checked: the log's key is not known"));
        }

        Console.WriteLine($"{report.Blobs} blobs");
        foreach (Finding finding in report.Findings)
        {
            Console.WriteLine($"  {(finding.Severity == Severity.Error ? "problem" : "note")}: {finding.Message}");
        }

        Console.WriteLine(report.Passed ? "CLEAN" : "DAMAGED");
    }

    private static JsonObject ToJson(FolderReport report, IReadOnlyList<string> repaired) => new()
    {
        ["passed"] = report.Passed,
        ["blobs"] = report.Blobs,
        ["repaired"] = new JsonArray([.. repaired.Select(folder => JsonValue.Create(folder))]),
        ["logs"] = new JsonArray([.. report.Logs.Select(log => new JsonObject
        {
            ["folder"] = log.Folder,
            ["size"] = log.Size,
            ["root"] = log.Root,
            ["heads"] = log.Heads,
            ["signaturesChecked"] = log.SignaturesChecked,
        })]),
        ["findings"] = new JsonArray([.. report.Findings.Select(finding => new JsonObject
        {
            ["code"] = finding.Code,
            ["severity"] = finding.Severity.ToString().ToLowerInvariant(),
            ["log"] = finding.Log?.ToString().ToLowerInvariant(),
            ["index"] = finding.Index,
            ["message"] = finding.Message,
        })]),
    };
}
