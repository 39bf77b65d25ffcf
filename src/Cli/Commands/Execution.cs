using System.CommandLine;
using System.Net.Sockets;
using System.Security.Cryptography;
using DigitalTwin.Clinical;
using DigitalTwin.Coordinator;
using DigitalTwin.Documents;
using DigitalTwin.Federation.Participation;
using DigitalTwin.HospitalNode;
using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Storage;
using Grpc.Core;
using Microsoft.AspNetCore.Connections;

namespace DigitalTwin.Cli.Commands;

/// <summary>Runs a command: every expected trouble becomes one sentence on standard error and an exit code.</summary>
internal static class Execution
{
    /// <summary>Sets what the command does.</summary>
    public static void Run(this Command command, Func<ParseResult, CancellationToken, Task<int>> action) =>
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                return await action(parsed, cancellationToken);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                return ExitCodes.Interrupted;
            }
            catch (Exception trouble) when (Explain(trouble) is (int code, string sentence))
            {
                await Console.Error.WriteLineAsync($"dtwin: {sentence}");
                return code;
            }
        });

    /// <summary>
    /// Exit code and sentence for an expected trouble; null for a defect, which keeps its stack trace.
    /// </summary>
    private static (int Code, string Sentence)? Explain(Exception trouble) => trouble switch
    {
        CommandException known => (known.ExitCode, known.Message),
        DocumentException document => (ExitCodes.Usage, document.Message),
        ClinicalDataException data => (ExitCodes.Environment, data.Message),
        CoordinatorException coordinator => (ExitCodes.Environment, coordinator.Message),
        EnrolmentRefusedException refused => (ExitCodes.Refused, refused.Message),
        NodeException node => (ExitCodes.Environment, node.Message),
        RecordRefusedException refused => (ExitCodes.Refused, $"The ledger refused: {refused.Message}"),
        LedgerDistrustException distrust => (ExitCodes.NotVerified, distrust.Message),
        ForkException fork => (ExitCodes.NotVerified, fork.Message),
        LedgerLockedException locked => (ExitCodes.Environment, locked.Message),
        LedgerDamagedException damaged => (ExitCodes.NotVerified, damaged.Message),
        LedgerStoppedException stopped => (ExitCodes.Environment, stopped.Message),
        RpcException { StatusCode: StatusCode.PermissionDenied } denied => (ExitCodes.Refused, denied.Status.Detail),
        RpcException broken => (ExitCodes.Environment, $"The coordinator does not answer: {broken.Status.Detail}"),
        IOException { InnerException: SocketException or AddressInUseException } busy =>
            (ExitCodes.Environment, $"{busy.Message} Choose another port."),
        UnauthorizedAccessException denied => (ExitCodes.Environment, denied.Message),
        IOException io => (ExitCodes.Environment, io.Message),
        PlatformNotSupportedException platform => (ExitCodes.Environment, platform.Message),
        CryptographicException crypto =>
            (ExitCodes.Environment, $"A key or certificate can't be used: {crypto.Message}"),
        InvalidDataException invalid => (ExitCodes.Environment, invalid.Message),
        _ => null,
    };
}
