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
            && (await ForeignProgram.RunAsync(Interpreter, ["-c", "import grpc"], "", Limit, cancellationToken))
                .ExitCode == 0;
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
                await ForeignProgram.RunAsync(
                    Interpreter, [script, address.Authority, folder.FullName], "", Limit, cancellationToken);

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
}
