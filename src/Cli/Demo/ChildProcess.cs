using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace DigitalTwin.Cli.Demo;

/// <summary>
/// One role of the demonstration as an operating-system process of its own, with its output in a log file.
/// </summary>
/// <remarks>The child stops when its standard input closes, so even a killed parent leaves no orphan behind.</remarks>
internal sealed class ChildProcess : IDisposable
{
    private static readonly TimeSpan StopPatience = TimeSpan.FromSeconds(5);

    private readonly Process _process;
    private readonly StreamWriter _log;
    private readonly StringBuilder _lastError = new();
    private readonly Lock _gate = new();
    private bool _closed;

    private ChildProcess(string name, Process process, StreamWriter log)
    {
        Name = name;
        _process = process;
        _log = log;
    }

    public string Name { get; }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What the child last said on standard error; empty when it said nothing.</summary>
    public string LastError
    {
        get
        {
            lock (_gate)
            {
                return _lastError.ToString();
            }
        }
    }

    /// <summary>Starts <c>dtwin</c> with these arguments.</summary>
    public static ChildProcess Start(string name, string logFolder, params IEnumerable<string> arguments)
    {
        string self = Environment.ProcessPath ?? "dotnet";
        ProcessStartInfo start = new(self)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet")
        {
            start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "dtwin.dll"));
        }

        foreach (string argument in arguments)
        {
            start.ArgumentList.Add(argument);
        }

        start.ArgumentList.Add("--exit-with-parent");
        StreamWriter log = new(Path.Combine(logFolder, name + ".log")) { AutoFlush = true };
        Process process = Process.Start(start)
            ?? throw new CommandException(ExitCodes.Environment, $"{self} could not be started.");
        ChildProcess child = new(name, process, log);
        process.OutputDataReceived += (_, line) => child.Write(line.Data, isError: false);
        process.ErrorDataReceived += (_, line) => child.Write(line.Data, isError: true);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return child;
    }

    /// <summary>Largest resident memory so far in bytes, from /proc; null where that is not there.</summary>
    public long? PeakMemoryBytes()
    {
        string status = $"/proc/{_process.Id}/status";
        try
        {
            string? line = File.Exists(status)
                ? File.ReadLines(status).FirstOrDefault(entry => entry.StartsWith("VmHWM:", StringComparison.Ordinal))
                : null;
            return line is null
                ? null
                : long.Parse(
                    line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[^2],
                    CultureInfo.InvariantCulture) << 10;
        }
        catch (IOException)
        {
            return null; // The process ended while we looked.
        }
    }

    /// <summary>Asks the child to stop, and ends it when it does not.</summary>
    public async Task StopAsync()
    {
        if (!_process.HasExited)
        {
            _process.StandardInput.Close();
            try
            {
                using CancellationTokenSource patience = new(StopPatience);
                await _process.WaitForExitAsync(patience.Token);
            }
            catch (OperationCanceledException)
            {
                _process.Kill(entireProcessTree: true);
                await _process.WaitForExitAsync(CancellationToken.None);
            }
        }
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        _process.Dispose();
        lock (_gate)
        {
            _closed = true;
            _log.Dispose();
        }
    }

    private void Write(string? line, bool isError)
    {
        lock (_gate)
        {
            if (line is null || _closed)
            {
                return;
            }

            if (isError)
            {
                _lastError.Clear().Append(line);
            }

            try
            {
                _log.WriteLine(line);
            }
            catch (IOException)
            {
                _closed = true; // The disk is full: the run says so itself, and a log line is not worth ending it for.
            }
        }
    }
}
