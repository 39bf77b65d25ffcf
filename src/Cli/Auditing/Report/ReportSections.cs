using System.Globalization;
using DigitalTwin.Cli.Reporting;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Cli.Auditing.Report;

/// <summary>What the auditor's report says, in the order in which an auditor asks.</summary>
internal static class ReportSections
{
    public static IReadOnlyList<ReportSection> Of(Dossier dossier) =>
    [
        Ledger(dossier),
        Anomalies(dossier),
        Members(dossier),
        .. dossier.Studies.Select(StudySection.Of),
        Listed("consent", "Consent", dossier.Consent, "No record of consent."),
        Listed("incidents", "Incidents", dossier.Incidents, "No incident was reported."),
        Listed("anchors", "Anchors", dossier.Anchors, "No head was found anchored on another chain."),
        Listed("administration", "Access, administration, software", dossier.Administration, "No such record."),
    ];

    /// <summary>A table of events.</summary>
    public static ReportTable Events(string caption, IEnumerable<StoryEvent> events) => new(
        caption,
        ["record", "time", "type", "by", "what it says"],
        [.. events.Select(one => (string[])[one.Place, one.Time, one.Record, one.Author, one.Description])]);

    private static ReportSection Listed(string id, string heading, IReadOnlyList<StoryEvent> events, string none) =>
        new(id, heading, [events.Count == 0 ? new ReportText(none) : Events(heading, events)]);

    private static ReportSection Ledger(Dossier dossier)
    {
        VerificationReport ledger = dossier.Audit.Ledger;
        return new ReportSection("ledger", "Ledger",
        [
            new ReportTerms(
            [
                ("consortium", dossier.Consortium ?? "unreadable"),
                ("genesis", ledger.Genesis ?? "unreadable"),
                ("authorization log", LogText(ledger.Authorization)),
                ("data log", LogText(ledger.Data)),
                ("artefacts", Figures.Count(ledger.Blobs) + " that are what their names say"),
                ("recomputed", dossier.Audit.Sums is { } sums
                    ? $"{sums.Rounds} sums of {sums.Addends} addends, {sums.Epsilons} reported ε"
                    : "nothing: the ledger itself does not hold"),
            ]),
            new ReportText(dossier.Audit.Passed
                ? "Every record was signed by a member in force, no head contradicts the entries, and every sum, model "
                    + "and reported ε was found again."
                : "This copy does not verify. What follows is what its valid records say; the findings say what is "
                    + "wrong."),
        ]);
    }

    private static string LogText(LogSummary? log) => log is null
        ? "can't be opened"
        : string.Create(CultureInfo.InvariantCulture,
            $"{log.Size} records, {log.FinalSize} final with {log.Cosignatures} of at least {log.Quorum} "
                + $"cosignatures, {log.SignedHeads} signed heads, root {log.Root}");

    private static ReportSection Anomalies(Dossier dossier) => new("findings", "Findings",
    [
        dossier.Anomalies.Count == 0
            ? new ReportText("Nothing was found.")
            : new ReportTable(
                "Everything that was found; the codes are explained in docs/auditing-the-ledger.md.",
                ["code", "severity", "where", "what"],
                [
                    .. dossier.Anomalies.Select(one => (string[])
                        [one.Code, one.Severity.ToString().ToLowerInvariant(), one.Place, one.Sentence]),
                ]),
    ]);

    private static ReportSection Members(Dossier dossier)
    {
        List<ReportBlock> blocks =
        [
            new ReportTable(
                "Members as they stand at the end; keys by their SHA-256.",
                ["member", "role", "standing", "identity key", "witness key"],
                [
                    .. dossier.Members.Select(member => (string[])
                    [
                        member.Id, member.Role, member.Standing, member.IdentityKey ?? Figures.Undefined,
                        member.WitnessKey ?? Figures.Undefined,
                    ]),
                ]),
            Events("What happened to them.", dossier.Members.SelectMany(member => member.Events)),
        ];
        if (dossier.Policy.Count > 0)
        {
            blocks.Add(Events("Decisions about the consortium.", dossier.Policy));
        }

        return new ReportSection("members", "Members", blocks);
    }
}
