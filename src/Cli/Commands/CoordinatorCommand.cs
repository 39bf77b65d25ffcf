using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Coordinator;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Records;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin coordinator</c>: make a consortium, hand out tokens, run.</summary>
internal static class CoordinatorCommand
{
    private static readonly TimeSpan LongestToken = TimeSpan.FromHours(24);

    public static Command Create() => new("coordinator", "Make and run the coordinator of a consortium.")
    {
        Init(),
        Token(),
        RunCoordinator(),
        WriteRecord(),
    };

    internal static string Identifier(string text, string option) => PredicateReader.IsIdentifier(text)
        ? text
        : throw new CommandException(
            ExitCodes.Usage, $"{option} {text}: use lower-case letters, digits and hyphens, at most 63 characters.");

    private static Command Init()
    {
        Option<string> state = SharedOptions.State("the coordinator");
        Option<string> consortium = new("--consortium")
        {
            Description = "Name of the consortium, [a-z0-9][a-z0-9-]{0,62}.",
            HelpName = "NAME",
            Required = true,
        };
        Option<string> host = new("--host")
        {
            Description = "Name or address under which members reach the coordinator.",
            HelpName = "HOST",
            DefaultValueFactory = _ => "localhost",
        };
        Command command = new("init", "Make the root certificate, the log keys and the genesis record.")
        {
            state, consortium, host,
        };
        command.Run((parsed, _) =>
        {
            string folder = parsed.GetRequiredValue(state);
            ConsortiumSettings settings = new(
                Identifier(parsed.GetRequiredValue(consortium), "--consortium"), parsed.GetRequiredValue(host));
            string genesis = Consortium.Create(folder, settings, TimeProvider.System);
            Console.WriteLine($"Consortium {settings.Consortium} made in {folder}.");
            Console.WriteLine($"Genesis record: {genesis} (members compare this over another channel)");
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command Token()
    {
        Option<string> state = SharedOptions.State("the coordinator");
        Option<string> member = new("--member") { Description = "Name of the new member.", Required = true };
        Option<string> role = new("--role") { Description = "What the member is.", Required = true };
        role.AcceptOnlyFromAmong("hospital", "researcher", "auditor");
        Option<string> lifetime = new("--ttl")
        {
            Description = "How long the token is good, such as 30m or 24h; at most 24h.",
            DefaultValueFactory = _ => "24h",
        };
        Command command = new("token", "Make a single-use enrolment token for one member and role.")
        {
            state, member, role, lifetime,
        };
        command.Run((parsed, _) =>
        {
            string token = Consortium.IssueToken(
                parsed.GetRequiredValue(state),
                Identifier(parsed.GetRequiredValue(member), "--member"),
                Enum.Parse<Role>(parsed.GetRequiredValue(role), ignoreCase: true),
                Lifetime(parsed.GetRequiredValue(lifetime)),
                TimeProvider.System);
            new Outbox(new CoordinatorFolder(parsed.GetRequiredValue(state)).Outbox).Put(
                "admin-action",
                new JsonObject
                {
                    ["action"] = "token-issued",
                    ["target"] = parsed.GetRequiredValue(member),
                },
                Role.Coordinator,
                TimeProvider.System);
            Console.WriteLine(token);
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command WriteRecord()
    {
        Option<string> state = SharedOptions.State("the coordinator");
        Argument<string> record = new("record") { Description = "Name of the record, such as software-released." };
        record.AcceptOnlyFromAmong(
            "software-released", "access-granted", "admin-action", "model-revoked", "incident");
        Argument<string> file = new("fields") { Description = "JSON file with the record's own fields." };
        Command command = new("record", "Have the running coordinator write a record of the operator.")
        {
            state, record, file,
        };
        command.Run((parsed, _) =>
        {
            string folder = parsed.GetRequiredValue(state);
            Consortium.Load(folder);
            MemberCommands.Ask(
                new CoordinatorFolder(folder).Outbox,
                parsed.GetRequiredValue(record),
                MemberCommands.FieldsIn(parsed.GetRequiredValue(file)),
                Role.Coordinator);
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command RunCoordinator()
    {
        Option<string> state = SharedOptions.State("the coordinator");
        Option<int> port = new("--port")
        {
            Description = "Port for members, mutual TLS; 0 takes a free one.",
            DefaultValueFactory = _ => 7443,
        };
        Option<int> enrolPort = new("--enrol-port")
        {
            Description = "Port for enrolment; 0 takes a free one.",
            DefaultValueFactory = _ => 7444,
        };
        Option<int?> readPort = new("--read-port")
        {
            Description = "Port on which anyone who reaches it reads both logs, HTTPS; without it nobody does.",
            HelpName = "PORT",
        };
        Option<bool> anyAddress = SharedOptions.AnyAddress();
        Option<bool> exitWithParent = SharedOptions.ExitWithParent();
        Command command = new("run", "Serve the consortium until stopped.")
        {
            state, port, enrolPort, readPort, anyAddress, exitWithParent,
        };
        command.Run(async (parsed, cancellationToken) =>
        {
            CoordinatorOptions options = new(
                parsed.GetRequiredValue(state),
                Port(parsed.GetValue(port), "--port"),
                Port(parsed.GetValue(enrolPort), "--enrol-port"),
                parsed.GetValue(anyAddress),
                parsed.GetValue(readPort) is int readers ? Port(readers, "--read-port") : null);
            using CancellationTokenSource stop =
                SharedOptions.StopOn(parsed.GetValue(exitWithParent), cancellationToken);
            await using WebApplication coordinator = CoordinatorHost.Build(options, TimeProvider.System);
            await coordinator.StartAsync(stop.Token);
            await coordinator.WaitForShutdownAsync(stop.Token);
            return stop.IsCancellationRequested ? ExitCodes.Complete : ExitCodes.Defect;
        });
        return command;
    }

    internal static int Port(int port, string option) => port is >= 0 and <= 65535
        ? port
        : throw new CommandException(ExitCodes.Usage, $"{option} {port}: a port is a number from 0 to 65535.");

    private static TimeSpan Lifetime(string text)
    {
        double unit = text.Length > 1 ? text[^1] switch { 'm' => 1.0 / 60, 'h' => 1, _ => 0 } : 0;
        bool known = double.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out double count);
        TimeSpan lifetime = known ? TimeSpan.FromHours(count * unit) : TimeSpan.Zero;
        return lifetime > TimeSpan.Zero && lifetime <= LongestToken
            ? lifetime
            : throw new CommandException(
                ExitCodes.Usage,
                $"--ttl {text}: give a duration such as 30m or 24h, at most 24h.");
    }
}
