using System.Diagnostics;

namespace DigitalTwin.Interop.Tests;

/// <summary>A program of another implementation, run to its end.</summary>
internal static class ForeignProgram
{
    /// <summary>Writes all input, then waits for the end; a program that hangs is ended with its children.</summary>
    /// <param name="program">Its name or path.</param>
    /// <param name="arguments">Each as one word.</param>
    /// <param name="input">What it reads on standard input.</param>
    /// <param name="limit">How long it may take.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <param name="folder">Where it runs; the folder of the tests when left out.</param>
    /// <exception cref="System.ComponentModel.Win32Exception">There is no such program.</exception>
    /// <exception cref="OperationCanceledException">It took longer than its limit, or the test ended.</exception>
    public static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string program,
        string[] arguments,
        string input,
        TimeSpan limit,
        CancellationToken cancellationToken,
        string? folder = null)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = folder ?? "",
        };
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(limit);
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(limited.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(limited.Token);
            await process.StandardInput.WriteAsync(input.AsMemory(), limited.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(limited.Token);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            // Does nothing to a process that has ended; one that hangs must not outlive the test.
            process.Kill(entireProcessTree: true);
        }
    }
}
