namespace DigitalTwin.Cli.Reporting;

/// <summary>What the HTML report says besides the numbers of the run.</summary>
/// <param name="GeneratedAt">When the report was written.</param>
/// <param name="DataSource">One sentence on where the rows came from.</param>
/// <param name="SeededNoiseWarning">Said loudly when noise came from a seed and so protects nobody; else null.</param>
/// <param name="OutsideGuarantee">Sentences on what was released without differential privacy.</param>
/// <param name="LedgerFolder">Folder that an auditor takes away to verify.</param>
public sealed record ReportContext(
    DateTimeOffset GeneratedAt,
    string DataSource,
    string? SeededNoiseWarning,
    IReadOnlyList<string> OutsideGuarantee,
    string LedgerFolder);

/// <summary>Curves of one hospital's held-out rows; empty lists where the rows do not define a curve.</summary>
/// <param name="Site">Name of the hospital.</param>
/// <param name="Roc">False and true positive rates, both in [0, 1], from (0, 0) to (1, 1).</param>
/// <param name="Calibration">Bins of predicted risk, in ascending order.</param>
public sealed record SitePlots(
    string Site,
    IReadOnlyList<(double Fpr, double Tpr)> Roc,
    IReadOnlyList<CalibrationBin> Calibration);

/// <summary>One bin of a calibration curve.</summary>
/// <param name="Predicted">Mean predicted risk in the bin, in [0, 1].</param>
/// <param name="Observed">Share of rows with the outcome, in [0, 1].</param>
/// <param name="Count">Rows in the bin.</param>
public sealed record CalibrationBin(double Predicted, double Observed, int Count);
