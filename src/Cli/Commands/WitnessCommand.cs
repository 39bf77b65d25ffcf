using System.CommandLine;
using DigitalTwin.Cli.Auditing;
using DigitalTwin.Cli.Witnessing;
using DigitalTwin.Coordinator.ReadSide;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Witnessing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin witness</c>: vouch for logs without being a member.</summary>
internal static class WitnessCommand
{
    public static Command Create() => new("witness", "Vouch that logs only grow, without being a member.")
    {
        Init(),
        RunWitness(),
    };

    private static Command Init()
    {
        Option<string> state = State();
        Option<string> name = new("--name")
        {
            Description = "Name in signature lines, by custom an address: ethics.example.org/w1.",
            HelpName = "NAME",
            Required = true,
        };
        Command command = new("init", "Make the key of a witness and print its verifier key.")
        {
            state, name,
        };
        command.Run((parsed, _) =>
        {
            NoteVerifierKey key = new WitnessFolder(parsed.GetRequiredValue(state)).Create(
                parsed.GetRequiredValue(name));
            Console.WriteLine(key);
            return Task.FromResult(ExitCodes.Complete);
        });
        return command;
    }

    private static Command RunWitness()
    {
        Option<string> state = State();
        Option<string[]> logs = new("--log")
        {
            Description = "Verifier key of a log to watch; repeat it for each log.",
            HelpName = "VKEY",
            Required = true,
        };
        Option<int> port = SharedOptions.Listen();
        Option<bool> anyAddress = SharedOptions.AnyAddress();
        Option<bool> exitWithParent = SharedOptions.ExitWithParent();
        Command command = new("run", "Answer logs that ask for a cosignature until stopped.")
        {
            state, logs, port, anyAddress, exitWithParent,
        };
        command.Run(async (parsed, cancellationToken) =>
        {
            WitnessFolder folder = new(parsed.GetRequiredValue(state));
            NoteVerifierKey[] watched =
                [.. parsed.GetRequiredValue(logs).Select(vkey => ProofReport.LogKey(vkey, "--log"))];
            (string name, Ed25519Key key) = folder.Load();
            using Ed25519Key held = key;
            using Witness witness = Witness.Open(folder.Memory, name, held, watched, TimeProvider.System);
            using CancellationTokenSource stop =
                SharedOptions.StopOn(parsed.GetValue(exitWithParent), cancellationToken);
            await using WebApplication server = WitnessServer.Build(
                witness,
                CoordinatorCommand.Port(parsed.GetValue(port), "--listen"),
                parsed.GetValue(anyAddress));
            await server.StartAsync(stop.Token);
            Console.WriteLine($"Witness {name} listens on port {MirrorHost.PortOf(server)}.");
            await server.WaitForShutdownAsync(stop.Token);
            return stop.IsCancellationRequested ? ExitCodes.Complete : ExitCodes.Defect;
        });
        return command;
    }

    private static Option<string> State() => new("--state")
    {
        Description = "Folder in which the witness keeps its key and its memory.",
        HelpName = "DIR",
        Required = true,
    };
}
