using System.CommandLine;
using DigitalTwin.Cli;
using DigitalTwin.Cli.Commands;

RootCommand dtwin = new("Hospitals train twin prediction models together and keep their patients to themselves.")
{
    DemoCommand.Create(),
    CoordinatorCommand.Create(),
    NodeCommand.Create(),
    StudyCommand.Create(),
    AuditCommand.Create(),
    LedgerCommand.Create(),
    AnchorCommand.Create(),
    DpCommand.Create(),
    WitnessCommand.Create(),
    MirrorCommand.Create(),
};
ParseResult parsed = dtwin.Parse(args);
int exitCode = await parsed.InvokeAsync();
return parsed.Errors.Count > 0 ? ExitCodes.Usage : exitCode;
