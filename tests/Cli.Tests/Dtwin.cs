using System.Diagnostics;
using System.Text;

namespace DigitalTwin.Cli.Tests;

/// <summary>What a finished command left behind.</summary>
internal sealed record Answer(int ExitCode, string Output, string Error)
{
    /// <summary>Both streams, for the message of a failed test.</summary>
    public override string ToString() => $"exit code {ExitCode}\n--- output\n{Output}\n--- error\n{Error}";
}

/// <summary>The built executable, run as a process of its own.</summary>
internal static class Dtwin
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(3);

    public static string Executable => Path.Combine(AppContext.BaseDirectory, "dtwin");

    /// <summary>Runs <c>dtwin</c> to its end.</summary>
    public static Answer Run(params string[] arguments) => RunIn(AppContext.BaseDirectory, arguments);

    public static Answer RunIn(string folder, params IEnumerable<string> arguments)
    {
        using RunningDtwin running = Start(folder, arguments);
        return running.Finish(Patience);
    }

    public static RunningDtwin Start(string folder, params IEnumerable<string> arguments) =>
        new(Executable, arguments, folder);

    /// <summary>Starts it in a process group of its own, with the interrupt signal as a terminal would leave
    /// it.</summary>
    public static RunningDtwin StartInOwnGroup(string folder, params IEnumerable<string> arguments) =>
        new("env", ["--default-signal=INT", "setsid", Executable, .. arguments], folder);
}

/// <summary>A process that runs; the end of the test is the end of it and of its children.</summary>
internal sealed class RunningDtwin : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _output = new();
    private readonly StringBuilder _error = new();
    private readonly Lock _gate = new();

    public RunningDtwin(string program, IEnumerable<string> arguments, string folder)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["NO_COLOR"] = "1";

        // Compiling hot methods again takes more than half of the time of processes that live for seconds.
        start.Environment["DOTNET_TC_CallCounting"] = "0";
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Add(_output, line.Data);
        _process.ErrorDataReceived += (_, line) => Add(_error, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        _process.StandardInput.Close();
    }

    public int Id => _process.Id;

    public string Output => Read(_output);

    public string Error => Read(_error);

    /// <summary>Processes whose parent this one is.</summary>
    public int[] Children() => [.. Proc.Ids().Where(id => Proc.ParentOf(id) == Id)];

    public Answer Finish(TimeSpan patience)
    {
        Assert.True(_process.WaitForExit(patience), $"dtwin still runs after {patience}:\n{Output}\n{Read(_error)}");

        // The call without a limit also waits until both streams have been read to their end.
        _process.WaitForExit();
        return new Answer(_process.ExitCode, Output, Read(_error));
    }

    /// <summary>Waits until something holds, or fails with <paramref name="what"/>.</summary>
    public void WaitUntil(Func<bool> holds, string what, TimeSpan patience)
    {
        Assert.True(
            SpinWait.SpinUntil(() => holds() || _process.HasExited, patience) && holds(),
            $"{what} did not happen within {patience}:\n{Output}\n{Read(_error)}");
    }

    public void Signal(string signal, bool group = false)
    {
        using Process kill = Process.Start("kill", [$"-{signal}", "--", group ? $"-{Id}" : $"{Id}"]);
        kill.WaitForExit();
        Assert.Equal(0, kill.ExitCode);
    }

    /// <summary>Ends it with SIGKILL, at once and without another process.</summary>
    public void Kill() => _process.Kill();

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private void Add(StringBuilder text, string? line)
    {
        lock (_gate)
        {
            text.Append(line is null ? "" : line + "\n");
        }
    }

    private string Read(StringBuilder text)
    {
        lock (_gate)
        {
            return text.ToString();
        }
    }
}
