using System.Diagnostics;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;

namespace DigitalTwin.Interop.Tests.Grpc;

/// <summary>Python's gRPC, which shares no line of code with the packages we use, in a process of its own.</summary>
internal static class PythonClient
{
    // Debian's interpreter by its path: another Python in the search path would not see Debian's packages.
    private const string Interpreter = "/usr/bin/python3";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    /// <summary>Skips the running test where the package is not installed.</summary>
    public static async Task SkipUnlessInstalledAsync(CancellationToken cancellationToken)
    {
        bool installed = File.Exists(Interpreter)
            && (await RunAsync(["-c", "import grpc"], cancellationToken)).ExitCode == 0;
        Assert.SkipUnless(installed, $"needs {Interpreter} with the Debian package python3-grpcio");
    }

    /// <summary>Makes all calls of probe_client.py as the holder of <paramref name="certificate"/>.</summary>
    /// <returns>What the client saw.</returns>
    public static async Task<JsonElement> CallAsync(
        Uri address,
        X509Certificate2 root,
        X509Certificate2 certificate,
        CancellationToken cancellationToken)
    {
        // A folder of the user's own, so that nobody else on the machine reads the key.
        DirectoryInfo folder = Directory.CreateTempSubdirectory("probe-client-");
        try
        {
            string key = certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem();
            await WriteAsync("root.pem", root.ExportCertificatePem());
            await WriteAsync("client.pem", certificate.ExportCertificatePem());
            await WriteAsync("client.key", key);
            string script = Path.Combine(AppContext.BaseDirectory, "Grpc", "probe_client.py");

            (int exitCode, string output, string errors) =
                await RunAsync([script, address.Authority, folder.FullName], cancellationToken);

            Assert.True(exitCode == 0, $"The Python client ended with {exitCode}: {errors}");
            return JsonElement.Parse(output);
        }
        finally
        {
            folder.Delete(recursive: true);
        }

        Task WriteAsync(string name, string text)
        {
            return File.WriteAllTextAsync(Path.Combine(folder.FullName, name), text, cancellationToken);
        }
    }

    private static async Task<(int ExitCode, string Output, string Errors)> RunAsync(
        string[] arguments,
        CancellationToken cancellationToken)
    {
        ProcessStartInfo start = new(Interpreter, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using CancellationTokenSource limited = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limited.CancelAfter(Limit);
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(limited.Token);
            Task<string> errors = process.StandardError.ReadToEndAsync(limited.Token);
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
