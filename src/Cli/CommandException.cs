namespace DigitalTwin.Cli;

/// <summary>A command can't go on; one sentence for the user, and the exit code.</summary>
internal sealed class CommandException(int exitCode, string message) : Exception(message)
{
    public int ExitCode { get; } = exitCode;
}
