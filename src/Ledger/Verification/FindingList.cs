using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Verification;

/// <summary>Collects findings and cuts off repetition, since one missing record can make thousands disagree.</summary>
internal sealed class FindingList
{
    /// <summary>Findings of one code and log that are listed; the rest is counted.</summary>
    private const int ListedPerCode = 20;

    private readonly List<Finding> _findings = [];
    private readonly Dictionary<(string Code, LogKind? Log), int> _counts = [];

    public void Error(string code, LogKind? log, long? index, string message) =>
        Add(new Finding(code, Severity.Error, log, index, message));

    public void Warning(string code, LogKind? log, long? index, string message) =>
        Add(new Finding(code, Severity.Warning, log, index, message));

    public IReadOnlyList<Finding> ToReport()
    {
        List<Finding> report = [.. _findings];
        foreach (((string code, LogKind? log), int count) in _counts.Where(count => count.Value > ListedPerCode))
        {
            report.Add(new Finding(code, Severity.Error, log, null,
                $"… and {count - ListedPerCode} more findings of the kind {code}."));
        }

        return report;
    }

    private void Add(Finding finding)
    {
        int count = _counts.GetValueOrDefault((finding.Code, finding.Log)) + 1;
        _counts[(finding.Code, finding.Log)] = count;
        if (count <= ListedPerCode)
        {
            _findings.Add(finding);
        }
    }
}
