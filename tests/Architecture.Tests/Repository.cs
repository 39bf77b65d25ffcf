using System.ComponentModel;
using System.Diagnostics;

namespace DigitalTwin.Architecture.Tests;

/// <summary>One text file of the repository. The path is relative to its root, with forward slashes.</summary>
internal sealed record SourceFile(string Path, string Text)
{
    public string[] Lines => Text.Split('\n');

    public string Name => Path[(Path.LastIndexOf('/') + 1)..];

    public string Folder => Path.Contains('/') ? Path[..Path.LastIndexOf('/')] : "";
}

/// <summary>The checkout that the tests run in.</summary>
internal static class Repository
{
    private static readonly Lazy<string> RootFolder = new(FindRoot);
    private static readonly Lazy<string[]> AllPaths = new(ListPaths);

    public static string Root => RootFolder.Value;

    /// <summary>Paths of all files that are tracked, or new and not ignored.</summary>
    public static IReadOnlyList<string> Paths => AllPaths.Value;

    public static IEnumerable<SourceFile> Files(Func<string, bool> chosen) => Paths.Where(chosen).Select(Read);

    public static IEnumerable<SourceFile> CSharp => Files(path => path.EndsWith(".cs", StringComparison.Ordinal));

    public static IEnumerable<SourceFile> Projects =>
        Files(path => path.EndsWith(".csproj", StringComparison.Ordinal));

    public static SourceFile Read(string path) => new(path, File.ReadAllText(FullPath(path)));

    public static string FullPath(string path) => Path.Combine(Root, path);

    /// <summary>Runs a program in the root; null when it is not installed.</summary>
    public static (int ExitCode, string Output, string Error)? Run(string program, params string[] arguments)
    {
        ProcessStartInfo start = new(program, arguments)
        {
            WorkingDirectory = Root,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> error = process.StandardError.ReadToEndAsync();
            string output = process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return (process.ExitCode, output, error.GetAwaiter().GetResult());
        }
        catch (Win32Exception)
        {
            return null;
        }
    }

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "DigitalTwin.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"No DigitalTwin.sln above {AppContext.BaseDirectory}.");
    }

    private static string[] ListPaths()
    {
        (int ExitCode, string Output, string Error)? listing =
            Run("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard");
        if (listing is not { ExitCode: 0 })
        {
            throw new InvalidOperationException($"git cannot list the files of {Root}: {listing?.Error}");
        }

        return
        [
            .. listing.Value.Output.Split('\0', StringSplitOptions.RemoveEmptyEntries)
                .Distinct()
                .Where(path => File.Exists(Path.Combine(Root, path))),
        ];
    }
}
