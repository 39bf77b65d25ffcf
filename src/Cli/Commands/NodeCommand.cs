using System.CommandLine;
using DigitalTwin.HospitalNode;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Storage;
using Spectre.Console;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin node</c>: enrol a hospital's node, check it, run it, approve a study on it.</summary>
internal static class NodeCommand
{
    public static Command Create()
    {
        Command command = new("node", "Enrol, check and run a hospital's node; vote in the consortium.")
        {
            Enroll(),
            PreflightCheck(),
            RunNode(),
            Approve(),
        };
        foreach (Command about in MemberCommands.Create())
        {
            command.Add(about);
        }

        return command;
    }

    internal static Uri Address(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address) && address.Scheme == Uri.UriSchemeHttps
            ? address
            : throw new CommandException(
                ExitCodes.Usage,
                $"--coordinator {text}: give an address such as https://host:7444.");

    private static Command Enroll()
    {
        Option<string> state = SharedOptions.State("the node");
        Option<string> member = MemberOption();
        Option<string> token = new("--token")
        {
            Description = "The token from the coordinator's operator.",
            Required = true,
        };
        Option<string> coordinator = CoordinatorOption();
        coordinator.Required = true;
        Command command = new("enroll", "Make this node's keys here and trade a token for a certificate.")
        {
            state, member, token, coordinator,
        };
        command.Run(async (parsed, cancellationToken) =>
        {
            MemberIdentity identity = await EnrolmentClient.EnrolAsync(
                new MemberFolder(parsed.GetRequiredValue(state)),
                CoordinatorCommand.Identifier(parsed.GetRequiredValue(member), "--member"),
                EnrolmentToken.Parse(parsed.GetRequiredValue(token)),
                Address(parsed.GetRequiredValue(coordinator)),
                TimeProvider.System,
                cancellationToken);
            Console.WriteLine(
                $"Enrolled as {identity.Member} ({identity.Role}); members' port at {identity.Coordinator}.");
            Console.WriteLine(
                $"Genesis record: {identity.Genesis} (compare it with the coordinator's over another channel)");
            return ExitCodes.Complete;
        });
        return command;
    }

    private static Command PreflightCheck()
    {
        Option<string> state = SharedOptions.State("the node");
        DataOptions data = new();
        Option<bool> json = SharedOptions.Json();
        Command command = new("preflight", "Check certificate, clock, disk, policy and data before joining.")
        {
            state, json,
        };
        data.AddTo(command);
        command.Run(async (parsed, cancellationToken) =>
        {
            MemberFolder folder = new(parsed.GetRequiredValue(state));
            PreflightResult result = await Preflight.RunAsync(
                folder, data.Read(parsed, folder), TimeProvider.System, cancellationToken);
            if (parsed.GetValue(json))
            {
                Console.WriteLine(result.ToJson());
            }
            else
            {
                Print(result);
            }

            return result.Passed ? ExitCodes.Complete : ExitCodes.Environment;
        });
        return command;
    }

    private static void Print(PreflightResult result)
    {
        foreach (PreflightCheck check in result.Checks)
        {
            AnsiConsole.MarkupLineInterpolated(
                $"{(check.Passed ? "ok    " : "FAILED")} {check.Name}: {check.Detail}");
        }

        AnsiConsole.WriteLine("What this node will say to the others when it accepts a study, and nothing finer:");
        AnsiConsole.WriteLine($"  rows: {result.RowsBucket ?? "unknown"}");
        AnsiConsole.WriteLine($"  label prevalence: {result.PrevalenceBucket ?? "unknown"}");
    }

    private static Command RunNode()
    {
        Option<string> state = SharedOptions.State("the node");
        DataOptions data = new();
        Option<string?> token = new("--token")
        {
            Description = "Enrol with this token first, if the node is not enrolled.",
        };
        Option<string?> coordinator = new("--coordinator") { Description = "Enrolment address, with --token." };
        Option<string?> member = new("--member") { Description = "This node's member name, with --token." };
        Option<bool> exitWithParent = SharedOptions.ExitWithParent();
        Command command = new("run", "Follow the ledger and take part in studies under this node's policy.")
        {
            state, token, coordinator, member, exitWithParent,
        };
        data.AddTo(command);
        command.Run(async (parsed, cancellationToken) =>
        {
            MemberFolder folder = new(parsed.GetRequiredValue(state));
            using CancellationTokenSource stop =
                SharedOptions.StopOn(parsed.GetValue(exitWithParent), cancellationToken);
            if (!folder.IsEnrolled && parsed.GetValue(token) is { } text)
            {
                await EnrolmentClient.EnrolAsync(
                    folder,
                    CoordinatorCommand.Identifier(parsed.GetValue(member) ?? "", "--member"),
                    EnrolmentToken.Parse(text),
                    Address(parsed.GetValue(coordinator) ?? ""),
                    TimeProvider.System,
                    stop.Token);
            }

            using ILoggerFactory loggers = Logging.ToConsole();
            LoadedData rows = SiteDataLoader.Load(data.Read(parsed, folder));
            using NodeRuntime node = NodeRuntime.Open(
                folder, rows, TimeProvider.System, loggers.CreateLogger<NodeRuntime>());
            Console.WriteLine($"Node {folder.Load().Member} follows {folder.Load().Coordinator}.");
            await node.RunAsync(stop.Token);
            return ExitCodes.Complete;
        });
        return command;
    }

    private static Command Approve()
    {
        Option<string> state = SharedOptions.State("the node");
        Argument<string> document = new("digest")
        {
            Description = "SHA-256 of the study document, as the node's log shows it.",
        };
        Command command = new("approve", "Approve a study on this node, where its policy asks for a person.")
        {
            state, document,
        };
        command.Run((parsed, _) =>
        {
            string digest = parsed.GetRequiredValue(document);
            if (!PredicateReader.IsSha256(digest))
            {
                throw new CommandException(ExitCodes.Usage, $"{digest} is no digest: give 64 lower-case hex digits.");
            }

            MemberFolder folder = new(parsed.GetRequiredValue(state));
            folder.Load();
            DurableFile.CreateFolder(folder.Approvals);
            DurableFile.WriteAtomically(Path.Combine(folder.Approvals, digest), []);
            Console.WriteLine($"Approved {digest}; a running node answers within seconds.");
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Option<string> MemberOption() =>
        new("--member") { Description = "The member name that the token was made for.", Required = true };

    private static Option<string> CoordinatorOption() =>
        new("--coordinator") { Description = "Enrolment address, https://host:port.", HelpName = "URL" };

    /// <summary>The options that say where a node's data lies.</summary>
    private sealed class DataOptions
    {
        private readonly Option<string> _data = new("--data")
        {
            Description = "CSV file with this hospital's rows; under a contract with a series, the folder.",
            HelpName = "PATH",
            Required = true,
        };

        private readonly Option<string> _contract = new("--contract")
        {
            Description = "Data contract of that data.",
            DefaultValueFactory = _ => "heart-disease/v1",
        };

        private readonly Option<string?> _split = new("--split")
        {
            Description = "File that says which rows are held out; without it the node holds out 34 %.",
            HelpName = "FILE",
        };

        private readonly Option<string?> _site = new("--split-site")
        {
            Description = "This site's name in the split file; default: the member name.",
        };

        public void AddTo(Command command)
        {
            command.Add(_data);
            command.Add(_contract);
            command.Add(_split);
            command.Add(_site);
        }

        public DataSource Read(ParseResult parsed, MemberFolder folder) => new(
            parsed.GetRequiredValue(_data),
            parsed.GetRequiredValue(_contract),
            parsed.GetValue(_split),
            parsed.GetValue(_site) ?? folder.Load().Member);
    }
}
