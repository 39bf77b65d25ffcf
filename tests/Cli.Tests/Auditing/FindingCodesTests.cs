using System.Text.RegularExpressions;
using DigitalTwin.Cli.Tests.Documents;

namespace DigitalTwin.Cli.Tests.Auditing;

// Goal: whoever reads a code in a report finds its meaning on the page, and the page explains no code that is gone.
// Method: the codes are read from the sources that make findings, by the few ways in which they make them.
public sealed partial class FindingCodesTests
{
    private static readonly string[] Sources =
        ["src/Ledger/Verification", "src/Ledger/Members", "src/Federation/Auditing"];

    [Fact]
    public void The_page_explains_every_code_and_no_other()
    {
        SortedSet<string> program = new(
            Sources.SelectMany(folder => Directory.EnumerateFiles(Pages.FullPath(folder), "*.cs"))
                .SelectMany(path => CodesIn(File.ReadAllText(path))),
            StringComparer.Ordinal);
        SortedSet<string> page = new(
            Pages.Read("docs/auditing-the-ledger.md").Text.Split("## Findings")[1].Split("\n## ")[0].Split('\n')
                .Select(line => TableCode().Match(line))
                .Where(match => match.Success)
                .Select(match => match.Groups[1].Value),
            StringComparer.Ordinal);

        Assert.True(program.Count > 20, $"Only {program.Count} codes were found in the sources.");
        Assert.Equal(program, page);
    }

    [Theory]
    [InlineData("""findings.Error("head", kind, null, "x")""", "head")]
    [InlineData("""_findings.Warning(  "not-final" , kind)""", "not-final")]
    [InlineData("""report("not-final", kind, size, message);""", "not-final")]
    [InlineData("""Holds("A known head", note, head, code: "known-head")""", "known-head")]
    [InlineData("new Refusal(\n    \"member\", $\"x\")", "member")]
    [InlineData("new AuditFinding(\n    \"sum\", log, index, x)", "sum")]
    public void Each_way_of_making_a_finding_is_seen(string source, string code) =>
        Assert.Equal([code], CodesIn(source));

    private static IEnumerable<string> CodesIn(string source) =>
        Code().Matches(source).Select(match => match.Groups[1].Value);

    [GeneratedRegex(
        """(?:\.Error\(|\.Warning\(|\breport\(|\bcode: |new Refusal\(|new AuditFinding\()\s*"([a-z-]+)"\s*""")]
    private static partial Regex Code();

    [GeneratedRegex(@"\A\| `([a-z-]+)` \|")]
    private static partial Regex TableCode();
}
