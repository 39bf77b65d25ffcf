using DigitalTwin.Cli.Reporting;

namespace DigitalTwin.Cli.Auditing.Report;

/// <summary>The auditor's report as plain text: columns in line, a blank line between parts.</summary>
internal static class TextReport
{
    private const string Gap = "  ";

    public static string Write(Dossier dossier)
    {
        List<string> lines =
        [
            $"Audit of {dossier.Folder}", dossier.Audit.Passed ? "VERIFIED" : "NOT VERIFIED",
        ];
        foreach (ReportSection section in ReportSections.Of(dossier))
        {
            lines.AddRange(["", section.Heading, new string('=', section.Heading.Length)]);
            lines.AddRange(section.Blocks.SelectMany(Lines));
        }

        return string.Join('\n', lines.Select(TerminalText.Plain)) + "\n";
    }

    private static IEnumerable<string> Lines(ReportBlock block) => block switch
    {
        ReportText text => [text.Text],
        ReportTerms terms => Columns([.. terms.Entries.Select(entry => (string[])[entry.Term, entry.Description])]),
        ReportTable { Rows.Count: 0 } table => ["", table.Caption, "none"],
        ReportTable table => ["", table.Caption, .. Columns([table.Columns, .. table.Rows])],
        _ => throw new InvalidOperationException($"No text for {block.GetType().Name}."),
    };

    private static IEnumerable<string> Columns(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        int[] widths = [.. Enumerable.Range(0, rows[0].Count).Select(column => rows.Max(row => row[column].Length))];
        return rows.Select(row =>
            string.Join(Gap, row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }
}
