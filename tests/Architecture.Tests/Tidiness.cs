using System.Text.RegularExpressions;

namespace DigitalTwin.Architecture.Tests;

/// <summary>Rules that a reader of the code relies on. Each gives one sentence per violation.</summary>
internal static partial class Tidiness
{
    public const int LineColumns = 120;
    public const int FileLines = 600;
    public const int MemberLines = 70;

    /// <summary>Members over <see cref="MemberLines"/>, as <c>path: header</c>, each with the reason.</summary>
    public static readonly IReadOnlyDictionary<string, string> LongMembers = new Dictionary<string, string>();

    private static readonly string[] NamesOfNothing =
        ["Utils", "Util", "Common", "Helpers", "Helper", "Core", "Managers", "Services", "Interfaces", "Misc"];

    private static readonly string[] Hosts = ["src/Coordinator/", "src/HospitalNode/", "src/Cli/"];

    public static IEnumerable<string> LongLines(SourceFile file) => file.Lines
        .Select((line, i) => (Columns: line.EnumerateRunes().Count(), Number: i + 1))
        .Where(line => line.Columns > LineColumns)
        .Select(line => $"{file.Path}:{line.Number}: {line.Columns} columns, at most {LineColumns}");

    public static IEnumerable<string> LongFile(SourceFile file) => file.Lines.Length > FileLines + 1
        ? [$"{file.Path}: {file.Lines.Length - 1} lines, at most {FileLines}"]
        : [];

    public static IEnumerable<string> LongMembersOf(SourceFile file) => CSharpMembers.Of(file.Text)
        .Where(member => member.Lines > MemberLines)
        .Where(member => !LongMembers.ContainsKey($"{file.Path}: {member.Header}"))
        .Select(member => $"{file.Path}:{member.FirstLine}: {member.Lines} lines, not {MemberLines}");

    public static IEnumerable<string> Regions(SourceFile file) => Matches(file, Region(), "a region hides code");

    public static IEnumerable<string> Unowned(SourceFile file) =>
        Matches(file, UnownedWork(), "open work needs an owner, as in TO" + "DO(name)");

    public static IEnumerable<string> FolderNames(string path) => path.Split('/')[..^1]
        .Where(folder => NamesOfNothing.Contains(folder, StringComparer.OrdinalIgnoreCase))
        .Select(folder => $"{path}: a folder named {folder} says nothing about what it holds");

    /// <summary>Generated messages stop at the edge: services and clients of a host turn them into values.</summary>
    public static IEnumerable<string> WireTypes(SourceFile file)
    {
        bool edge = Hosts.Any(host => file.Path.StartsWith(host, StringComparison.Ordinal))
            && (file.Name.EndsWith("Service.cs", StringComparison.Ordinal)
                || file.Name.EndsWith("Client.cs", StringComparison.Ordinal));
        bool concerned = InSource(file) && !file.Path.StartsWith("src/Protos/", StringComparison.Ordinal) && !edge;
        return concerned
            ? Matches(file, Protos(), "wire types belong in *Service.cs and *Client.cs of a host")
            : [];
    }

    public static IEnumerable<string> WebTypes(SourceFile file)
    {
        bool host = Hosts.Append("src/Rpc/").Any(one => file.Path.StartsWith(one, StringComparison.Ordinal));
        return InSource(file) && !host
            ? Matches(file, AspNet(), "ASP.NET belongs in the hosts and in src/Rpc")
            : [];
    }

    /// <summary>Git's own test for a binary file: a zero byte among the first 8000.</summary>
    public static IEnumerable<string> Binary(string path, ReadOnlySpan<byte> content) =>
        content[..Math.Min(content.Length, 8000)].Contains((byte)0) ? [$"{path}: a binary file"] : [];

    /// <summary>Folders that exist on one machine only.</summary>
    public static IEnumerable<string> MachinePaths(SourceFile file) =>
        Matches(file, MachinePath(), "a path of somebody's machine");

    private static bool InSource(SourceFile file) => file.Path.StartsWith("src/", StringComparison.Ordinal);

    private static IEnumerable<string> Matches(SourceFile file, Regex pattern, string why)
    {
        string[] lines = file.Lines;
        for (int i = 0; i < lines.Length; i++)
        {
            if (pattern.IsMatch(lines[i]))
            {
                yield return $"{file.Path}:{i + 1}: {why}";
            }
        }
    }

    [GeneratedRegex(@"^\s*#\s*region\b")]
    private static partial Regex Region();

    [GeneratedRegex(@"\bTO[D]O\b(?!\(\w)")]
    private static partial Regex UnownedWork();

    // A project may reference the wire types and still not use them; only an implicit `using` does.
    [GeneratedRegex(@"\bDigitalTwin\.Protos\b(?!\.csproj)")]
    private static partial Regex Protos();

    [GeneratedRegex(@"\bMicrosoft\.AspNetCore\b")]
    private static partial Regex AspNet();

    [GeneratedRegex(@"(?<![\w.\-}])/(work|home|root)/")]
    private static partial Regex MachinePath();
}
