using System.Collections.Frozen;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Exports;

/// <summary>How a record becomes an audit event.</summary>
/// <param name="Type">Code of <see cref="FhirEvents.TypeSystem"/>.</param>
/// <param name="Display">Its display.</param>
/// <param name="Action">Of the required value set audit-event-action: C, R, U, D or E.</param>
internal sealed record FhirEvent(string Type, string Display, string Action);

/// <summary>The records that become FHIR audit events, and with which codes.</summary>
/// <remarks>
/// FHIR R4 (4.0.1): <c>AuditEvent.type</c> is bound to http://hl7.org/fhir/ValueSet/audit-event-type, which contains
/// the DICOM codes used here. Left out are the records that only move a round along (keys, shares, commitments,
/// openings): the ledger itself has them.
/// </remarks>
internal static class FhirEvents
{
    public const string TypeSystem = "http://dicom.nema.org/resources/ontology/DCM";

    private static readonly FhirEvent Activity = new("110100", "Application Activity", "E");
    private static readonly FhirEvent Decision = new("110100", "Application Activity", "C");
    private static readonly FhirEvent Membership = new("110137", "User security Attributes Changed", "U");
    private static readonly FhirEvent Security = new("110129", "Security Configuration", "U");
    private static readonly FhirEvent Alert = new("110113", "Security Alert", "E");
    private static readonly FhirEvent Output = new("110106", "Export", "C");

    private static readonly FrozenDictionary<string, FhirEvent> ByRecord = new Dictionary<string, FhirEvent>
    {
        [RecordCatalogue.Genesis] = Security with { Action = "C" },
        [RecordCatalogue.MemberAdmitted] = Membership with { Action = "C" },
        [RecordCatalogue.MemberSuspended] = Membership,
        [RecordCatalogue.MemberReinstated] = Membership,
        [RecordCatalogue.MemberRemoved] = Membership with { Action = "D" },
        [RecordCatalogue.KeyRotated] = Membership,
        [RecordCatalogue.KeyCompromised] = Alert,
        [RecordCatalogue.PolicyChanged] = Security,
        ["access-granted"] = Membership,
        ["admin-action"] = Security,
        ["software-released"] = new("110131", "Software Configuration", "U"),
        [RecordCatalogue.ConsentPolicy] = Decision,
        [RecordCatalogue.ConsentBatch] = Decision,
        [RecordCatalogue.ConsentWithdrawn] = Decision with { Action = "D" },
        ["study-proposed"] = Decision,
        ["study-amended"] = Decision with { Action = "U" },
        ["study-accepted"] = Decision,
        ["study-declined"] = Decision,
        ["study-approved"] = Decision,
        ["study-closed"] = Activity,
        ["snapshot-committed"] = Activity,
        ["round-opened"] = Activity,
        ["round-declined"] = Activity,
        ["update-rejected"] = Alert,
        ["round-closed"] = Activity,
        ["round-aborted"] = Activity,
        ["round-final"] = Activity,
        ["sum-attested"] = Activity,
        ["dp-spent"] = Activity,
        ["site-evaluated"] = Activity,
        ["model-released"] = Output,
        ["model-revoked"] = Output with { Action = "D" },
        ["incident"] = Alert,
        ["anchored"] = Activity,
    }.ToFrozenDictionary();

    /// <summary>The event of a record, or null where it becomes none.</summary>
    public static FhirEvent? Find(string record) => ByRecord.GetValueOrDefault(record);

    /// <summary>Outcome of the required value set audit-event-outcome.</summary>
    public static string OutcomeOf(TrailRecord record) => record.Name switch
    {
        "update-rejected" or "round-aborted" or "model-revoked" => "4",
        "study-closed" when record.Text("verdict") == "failed" => "8",
        "incident" => record.Text("severity") switch { "critical" => "12", "high" => "8", _ => "4" },
        _ => "0",
    };
}
