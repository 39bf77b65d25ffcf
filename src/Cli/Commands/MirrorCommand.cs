using System.CommandLine;
using DigitalTwin.Cli.Auditing;
using DigitalTwin.Coordinator.ReadSide;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Hosting;

namespace DigitalTwin.Cli.Commands;

/// <summary><c>dtwin mirror</c>: serve a copy of the ledger to readers.</summary>
internal static class MirrorCommand
{
    public static Command Create() => new("mirror", "Serve a copy of the ledger to readers.")
    {
        Serve(),
    };

    private static Command Serve()
    {
        Option<string> ledger = new("--ledger")
        {
            Description = "A ledger folder; a running node may go on writing to it.",
            HelpName = "DIR",
            Required = true,
        };
        Option<string?> published = new("--public")
        {
            Description = "Folder of the published files; default: public beside the ledger.",
            HelpName = "DIR",
        };
        Option<int> port = SharedOptions.Listen();
        Option<bool> anyAddress = SharedOptions.AnyAddress();
        Option<bool> exitWithParent = SharedOptions.ExitWithParent();
        Command command = new("serve", "Publish both logs as static files and serve them until stopped.")
        {
            ledger, published, port, anyAddress, exitWithParent,
        };
        command.Run(async (parsed, cancellationToken) =>
        {
            string folder = Path.GetFullPath(parsed.GetRequiredValue(ledger));
            AuditReport.RequireLedger(folder);
            MirrorOptions options = new(
                folder,
                PublicOf(folder, parsed.GetValue(published)),
                CoordinatorCommand.Port(parsed.GetValue(port), "--listen"),
                parsed.GetValue(anyAddress));
            using CancellationTokenSource stop =
                SharedOptions.StopOn(parsed.GetValue(exitWithParent), cancellationToken);
            await using WebApplication mirror = MirrorHost.Build(options, TimeProvider.System);
            await mirror.StartAsync(stop.Token);
            Console.WriteLine($"Mirror of {folder} listens on port {MirrorHost.PortOf(mirror)}.");
            await mirror.WaitForShutdownAsync(stop.Token);
            return stop.IsCancellationRequested ? ExitCodes.Complete : ExitCodes.Defect;
        });
        return command;
    }

    // Every file of a ledger counts in an audit, so nothing may be published into it.
    private static string PublicOf(string ledger, string? given)
    {
        string folder = Path.GetFullPath(given ?? Path.Combine(ledger, "..", "public"));
        return $"{folder}/".StartsWith($"{ledger.TrimEnd('/')}/", StringComparison.Ordinal)
            ? throw new CommandException(ExitCodes.Usage, $"--public {folder} lies inside the ledger {ledger}.")
            : folder;
    }
}
