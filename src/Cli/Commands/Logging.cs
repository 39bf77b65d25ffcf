namespace DigitalTwin.Cli.Commands;

/// <summary>Logs of a process that runs until stopped: one line per event on standard output, times in UTC.</summary>
internal static class Logging
{
    public static ILoggerFactory ToConsole() => LoggerFactory.Create(logging => logging.AddSimpleConsole(console =>
    {
        console.SingleLine = true;
        console.UseUtcTimestamp = true;
        console.TimestampFormat = "yyyy-MM-ddTHH:mm:ssZ ";
    }));
}
