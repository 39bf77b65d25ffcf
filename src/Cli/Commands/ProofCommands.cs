using System.CommandLine;
using DigitalTwin.Cli.Auditing;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Cli.Commands;

/// <summary>The parts of <c>dtwin audit</c> that give and check single proofs, in the formats of C2SP.</summary>
internal static class ProofCommands
{
    public static Command Prove()
    {
        Argument<string> folder = new("dir") { Description = "A plain copy of a ledger folder." };
        Option<string> log = new("--log") { Description = "Which log the record is in.", Required = true };
        log.AcceptOnlyFromAmong("authorization", "data");
        Option<long?> index = new("--index") { Description = "Index of the record, from 0.", HelpName = "N" };
        Option<string?> digest = new("--sha256")
        {
            Description = "Instead of --index: SHA-256 of the record's bytes.",
            HelpName = "HEX",
        };
        Option<string> output = new("--out")
        {
            Description = "File to write, by custom ending in .tlog-proof.",
            HelpName = "FILE",
            Required = true,
        };
        Option<string?> leaf = new("--leaf-out")
        {
            Description = "Write the record's bytes too, which check-proof needs.",
            HelpName = "FILE",
        };
        Command command = new("prove", "Write the proof that one record is in a log, for readers without the ledger.")
        {
            folder, log, index, digest, output, leaf,
        };
        command.Run((parsed, _) =>
        {
            long? wanted = parsed.GetValue(index);
            string? sha256 = parsed.GetValue(digest);
            if ((wanted is null) == (sha256 is null) || wanted < 0
                || (sha256 is not null && !PredicateReader.IsSha256(sha256)))
            {
                throw new CommandException(
                    ExitCodes.Usage, "Name the record by --index N or by --sha256 with 64 lower-case hex digits.");
            }

            LogKind kind = Enum.Parse<LogKind>(parsed.GetRequiredValue(log), ignoreCase: true);
            (ProofFile proof, ReadOnlyMemory<byte> record) =
                ProofReport.Prove(parsed.GetRequiredValue(folder), kind, wanted, sha256);
            Write(parsed.GetRequiredValue(output), System.Text.Encoding.UTF8.GetBytes(proof.Format()));
            if (parsed.GetValue(leaf) is string leafFile)
            {
                Write(leafFile, record.Span);
            }

            Console.WriteLine(
                $"Record {proof.Index} of {proof.Head.Size} of {proof.Head.Origin}: {parsed.GetRequiredValue(output)}");
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    public static Command CheckProof()
    {
        Argument<string> file = new("file") { Description = "A .tlog-proof file." };
        Option<string> leaf = new("--leaf")
        {
            Description = "The record's bytes.",
            HelpName = "FILE",
            Required = true,
        };
        Option<string> policy = new("--policy")
        {
            Description = "The logs and witnesses you trust (tlog-policy).",
            HelpName = "FILE",
            Required = true,
        };
        Command command = new("check-proof", "Check, offline, that a proof file proves a record.")
        {
            file, leaf, policy,
        };
        command.Run((parsed, _) =>
        {
            string? refusal = ProofReport.Check(
                parsed.GetRequiredValue(file), parsed.GetRequiredValue(leaf), parsed.GetRequiredValue(policy));
            return Told(refusal, "PROVEN");
        });
        return command;
    }

    public static Command Policy()
    {
        Argument<string> folder = new("dir") { Description = "A plain copy of a ledger folder." };
        Option<string?> output = new("--out")
        {
            Description = "File to write; standard output without it.",
            HelpName = "FILE",
        };
        Command command = new("policy", "Write the policy of a consortium: its logs, its hospitals, their quorum.")
        {
            folder, output,
        };
        command.Run((parsed, _) =>
        {
            string policy = ProofReport.PolicyOf(parsed.GetRequiredValue(folder)).Format();
            if (parsed.GetValue(output) is string path)
            {
                Write(path, System.Text.Encoding.UTF8.GetBytes(policy));
            }
            else
            {
                Console.Write(policy);
            }

            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    public static Command ForkProof()
    {
        Argument<string> file = new("file") { Description = "A file of a fork-proof folder." };
        Option<string> log = new("--log")
        {
            Description = "Verifier key of the log, learnt from somebody else than the one who sent the file.",
            HelpName = "VKEY",
            Required = true,
        };
        Command command = new("fork-proof", "Check, offline, that a file convicts a log of signing two histories.")
        {
            file, log,
        };
        command.Run((parsed, _) => Told(
            ProofReport.CheckFork(parsed.GetRequiredValue(file), parsed.GetRequiredValue(log)), "FORKED"));
        return command;
    }

    private static Task<int> Told(string? refusal, string verdict) => refusal is null
        ? Printed(verdict)
        : throw new CommandException(ExitCodes.NotVerified, refusal);

    private static Task<int> Printed(string verdict)
    {
        Console.WriteLine(verdict);
        return Task.FromResult(ExitCodes.Complete);
    }

    private static void Write(string path, ReadOnlySpan<byte> bytes) => DurableFile.WriteAtomically(path, bytes);
}
