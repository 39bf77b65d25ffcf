namespace DigitalTwin.Cli.Auditing.Report;

/// <summary>A piece of a report, whatever it is written as.</summary>
internal abstract record ReportBlock;

/// <summary>A sentence or two.</summary>
internal sealed record ReportText(string Text) : ReportBlock;

/// <summary>Terms and what they are.</summary>
internal sealed record ReportTerms(IReadOnlyList<(string Term, string Description)> Entries) : ReportBlock;

/// <summary>Rows under column heads; each row has as many cells as there are columns.</summary>
internal sealed record ReportTable(
    string Caption, IReadOnlyList<string> Columns, IReadOnlyList<IReadOnlyList<string>> Rows) : ReportBlock;

/// <summary>A part of a report under a heading.</summary>
/// <param name="Id">Anchor in the page.</param>
internal sealed record ReportSection(string Id, string Heading, IReadOnlyList<ReportBlock> Blocks);
