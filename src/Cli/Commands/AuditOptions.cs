using System.CommandLine;

namespace DigitalTwin.Cli.Commands;

/// <summary>Arguments that several audits have, said in the same words.</summary>
internal static class AuditOptions
{
    public static Argument<string> Folder(string name = "dir") =>
        new(name) { Description = "A plain copy of a ledger folder." };

    public static Option<string?> Genesis() => new("--genesis")
    {
        Description = "SHA-256 of the genesis record as you learnt it from a member; another one fails.",
        HelpName = "HEX",
    };
}
