using System.Text.RegularExpressions;

namespace DigitalTwin.Cli.Tests.Documents;

/// <summary>One page of the documentation. The path is relative to the root of the checkout.</summary>
internal sealed partial record Page(string Path, string Text)
{
    /// <summary>The commands of the blocks marked <c>sh</c>: continued lines joined, comments taken off.</summary>
    public IEnumerable<string> Commands() =>
        from block in Blocks("sh")
        from line in Continuation().Replace(block, " ").Split('\n')
        let command = Comment().Replace(line, "").Trim()
        where command.Length > 0
        select command;

    /// <summary>The contents of the fenced blocks in one language.</summary>
    public IEnumerable<string> Blocks(string language) =>
        Fence().Matches(Text).Where(match => match.Groups[1].Value == language).Select(match => match.Groups[2].Value);

    /// <summary>The cells of all table rows, heads and rulers left out.</summary>
    public IEnumerable<string[]> TableRows() =>
        from match in Row().Matches(Text)
        let cells = match.Value.Trim('|', ' ').Split('|').Select(cell => cell.Trim()).ToArray()
        where cells[0].Length > 0 && cells[0].Trim('-', ':').Length > 0
        select cells;

    [GeneratedRegex(@"^```(\w*)\n(.*?)^```", RegexOptions.Multiline | RegexOptions.Singleline)]
    private static partial Regex Fence();

    [GeneratedRegex(@"\s*\\\n\s*")]
    private static partial Regex Continuation();

    [GeneratedRegex(@"(^|\s)#.*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^\|.*\|$", RegexOptions.Multiline)]
    private static partial Regex Row();
}

/// <summary>The documentation in the checkout that the tests run in.</summary>
internal static class Pages
{
    public static string Root { get; } = FindRoot();

    public static string FullPath(string path) => Path.Combine(Root, path);

    public static Page Read(string path) => new(path, File.ReadAllText(FullPath(path)));

    public static IEnumerable<Page> All() =>
    [
        .. Directory.EnumerateFiles(Root, "*.md").Select(path => Read(Path.GetFileName(path))),
        .. Directory.EnumerateFiles(FullPath("docs"), "*.md", SearchOption.AllDirectories)
            .Select(path => Read(Path.GetRelativePath(Root, path))),
    ];

    private static string FindRoot()
    {
        DirectoryInfo? folder = new(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "DigitalTwin.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName ?? throw new InvalidOperationException("The tests do not run inside a checkout.");
    }
}
