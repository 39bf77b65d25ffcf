using System.CommandLine;

namespace DigitalTwin.Cli.Commands;

/// <summary>Options that several commands have, said in the same words.</summary>
internal static class SharedOptions
{
    public static Option<string> State(string of) => new("--state")
    {
        Description = $"Folder in which {of} keeps its keys and its ledger.",
        HelpName = "DIR",
        Required = true,
    };

    public static Option<bool> Json() => new("--json") { Description = "Print one JSON document and nothing else." };

    public static Option<int> Listen() => new("--listen")
    {
        Description = "Port, plain HTTP; 0 takes a free one.",
        HelpName = "PORT",
        Required = true,
    };

    public static Option<bool> AnyAddress() => new("--any-address")
    {
        Description = "Listen on every address, not on loopback alone.",
    };

    /// <summary>Ends the process when its standard input closes, so that no child outlives its parent.</summary>
    public static Option<bool> ExitWithParent() => new("--exit-with-parent")
    {
        Description = "Stop when standard input closes.",
        Hidden = true,
    };

    /// <summary>
    /// A token that is cancelled by the first of Ctrl-C, and a closed standard input where that was asked for.
    /// </summary>
    public static CancellationTokenSource StopOn(bool parentGone, CancellationToken cancellationToken)
    {
        CancellationTokenSource stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        if (parentGone)
        {
            Stream input = Console.OpenStandardInput();
            Thread watch = new(() =>
            {
                byte[] unused = new byte[16];
                while (input.Read(unused) > 0)
                {
                    // Nothing is said on standard input; only its end counts.
                }

                stop.Cancel();
            })
            { IsBackground = true, Name = "parent watch" };
            watch.Start();
        }

        return stop;
    }
}
