using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Exports;

/// <summary>A study as an HL7 FHIR R4 (4.0.1) bundle: where its model comes from, and what happened.</summary>
/// <remarks>
/// A collection of <c>Organization</c> (every member), <c>DocumentReference</c> (study document, released model),
/// <c>Provenance</c> (of the model) and <c>AuditEvent</c> (see <see cref="FhirEvents"/>). It holds what the ledger
/// holds, so nothing about a patient: no resource has a subject. <c>Attachment.hash</c> is SHA-1 in R4 and is left
/// out; bytes are named by <c>ni:</c> URIs (RFC 6920).
/// </remarks>
public static class FhirExport
{
    private const string Base = "https://digitaltwin.dev/fhir/";
    private const string RecordSystem = "https://digitaltwin.dev/twin";
    private const string UriSystem = "urn:ietf:rfc:3986";
    private const string ModelId = "model";
    private const string DocumentId = "study-document";

    /// <summary>The bundle.</summary>
    public static JsonObject Write(StudyTrail trail)
    {
        ArgumentNullException.ThrowIfNull(trail);
        List<JsonObject> resources = [.. trail.Members.Select(member => Organization(trail, member.Id, member.Role))];
        if (trail.Document is { } document)
        {
            resources.Add(Reference(
                DocumentId, "current", $"Document of the study {trail.Study}", document, "application/json",
                trail.Records.First(record => record.Text("document") == document)));
        }

        if (trail.Release is { } release)
        {
            // R4 has no code for a document out of use; "superseded" is the nearest that does not call it a mistake.
            resources.Add(Reference(
                ModelId, trail.IsRevoked ? "superseded" : "current", $"Model released by the study {trail.Study}",
                release.Text("model")!, "application/octet-stream", release));
            resources.Add(Provenance(trail, release));
        }

        TrailRecord[] all = [.. trail.MemberRecords, .. trail.Records];
        resources.AddRange(all.Where(record => FhirEvents.Find(record.Name) is not null)
            .Select(record => AuditEvent(trail, record)));
        return new JsonObject
        {
            ["resourceType"] = "Bundle",
            ["id"] = trail.Study,
            ["type"] = "collection",
            ["timestamp"] = PredicateReader.Format(all.Max(record => record.Time)),
            ["entry"] = new JsonArray([.. resources.Select(resource => (JsonNode)new JsonObject
            {
                ["fullUrl"] = $"{Base}{resource["resourceType"]}/{resource["id"]}",
                ["resource"] = resource,
            })]),
        };
    }

    private static JsonObject Organization(StudyTrail trail, string id, string role) => new()
    {
        ["resourceType"] = "Organization",
        ["id"] = id,
        ["identifier"] = new JsonArray(Identifier($"{RecordSystem}/{trail.Consortium}/member", id)),
        ["type"] = new JsonArray(new JsonObject { ["text"] = role }),
        ["name"] = id,
    };

    private static JsonObject Reference(
        string id, string status, string description, string sha256, string contentType, TrailRecord record) => new()
        {
            ["resourceType"] = "DocumentReference",
            ["id"] = id,
            ["masterIdentifier"] = Identifier(UriSystem, NamedInformation.Of(sha256)),
            ["status"] = status,
            ["date"] = record.TimeText,
            ["author"] = new JsonArray(Member(record.Author)),
            ["description"] = description,
            ["content"] = new JsonArray(new JsonObject
            {
                ["attachment"] = new JsonObject
                {
                    ["contentType"] = contentType,
                    ["url"] = NamedInformation.Of(sha256),
                    ["title"] = sha256,
                    ["creation"] = record.TimeText,
                },
            }),
        };

    private static JsonObject Provenance(StudyTrail trail, TrailRecord release)
    {
        TrailRecord? first = trail.Records.FirstOrDefault(record => record.Name == "round-opened");
        JsonArray agents =
        [
            Agent("assembler", "Assembler", trail.Coordinator),
            .. trail.Records.Where(record => record.Name == "study-proposed")
                .Select(record => Agent("author", "Author", record.Author)),
            .. trail.Participants.Select(site => Agent("performer", "Performer", site)),
        ];
        JsonArray entities = [Entity(new JsonObject { ["reference"] = $"DocumentReference/{DocumentId}" })];
        foreach (TrailRecord snapshot in trail.Records.Where(record => record.Name == "snapshot-committed"))
        {
            entities.Add(Entity(new JsonObject
            {
                ["identifier"] = Identifier($"{RecordSystem}/snapshot-root", snapshot.Text("rows")!),
                ["display"] = $"Snapshot {snapshot.Number("snapshot")} of {snapshot.Author}",
            }));
        }

        JsonObject provenance = new()
        {
            ["resourceType"] = "Provenance",
            ["id"] = "model-provenance",
            ["target"] = new JsonArray(new JsonObject { ["reference"] = $"DocumentReference/{ModelId}" }),
            ["occurredPeriod"] = new JsonObject
            {
                ["start"] = (first ?? release).TimeText,
                ["end"] = release.TimeText,
            },
            ["recorded"] = release.TimeText,
            ["activity"] = Concept("http://terminology.hl7.org/CodeSystem/v3-DataOperation", "CREATE", "create"),
            ["agent"] = agents,
            ["entity"] = entities,
            ["signature"] = new JsonArray(Signature(release)),
        };
        if (trail.Document is { } document)
        {
            // An element without a value is none in FHIR, so a missing one is left out.
            provenance["policy"] = new JsonArray(NamedInformation.Of(document));
        }

        return provenance;
    }

    // The whole record as its author signed it, so that whoever has the key can check it without the ledger.
    private static JsonObject Signature(TrailRecord record) => new()
    {
        ["type"] = new JsonArray(Coding(
            "urn:iso-astm:E1762-95:2013", "1.2.840.10065.1.12.1.5", "Verification Signature")),
        ["when"] = record.TimeText,
        ["who"] = Member(record.Author),
        ["targetFormat"] = "application/vnd.in-toto+json",
        ["sigFormat"] = "application/vnd.dsse.envelope.v1+json",
        ["data"] = Convert.ToBase64String(record.Envelope.Leaf.Span),
    };

    private static JsonObject AuditEvent(StudyTrail trail, TrailRecord record)
    {
        FhirEvent kind = FhirEvents.Find(record.Name)!;
        JsonObject audit = new()
        {
            ["resourceType"] = "AuditEvent",
            ["id"] = $"{record.Log.ToString().ToLowerInvariant()}-{record.Index}",
            ["type"] = Coding(FhirEvents.TypeSystem, kind.Type, kind.Display),
            ["subtype"] = new JsonArray(Coding(RecordSystem, record.Name, record.Header.Meaning)),
            ["action"] = kind.Action,
            ["recorded"] = record.TimeText,
            ["outcome"] = FhirEvents.OutcomeOf(record),
        };
        if ((record.Text("reason") ?? record.Text("summary")) is { } reason)
        {
            audit["outcomeDesc"] = reason;
        }

        audit["agent"] = new JsonArray(new JsonObject
        {
            ["who"] = Member(record.Author),
            ["name"] = record.Author,
            ["requestor"] = true,
        });
        audit["source"] = new JsonObject
        {
            ["site"] = $"{record.Log.ToString().ToLowerInvariant()} log",
            ["observer"] = Member(trail.Coordinator),
        };
        audit["entity"] = new JsonArray(new JsonObject
        {
            ["type"] = Coding("http://terminology.hl7.org/CodeSystem/audit-entity-type", "2", "System Object"),
            ["role"] = Coding("http://terminology.hl7.org/CodeSystem/object-role", "20", "Job"),
            ["name"] = record.Header.Study ?? trail.Consortium,
            ["detail"] = new JsonArray(
                Detail("record", record.Place),
                Detail("leaf-sha256", Convert.ToHexStringLower(SHA256.HashData(record.Envelope.Leaf.Span)))),
        });
        return audit;
    }

    private static JsonObject Agent(string code, string display, string member) => new()
    {
        ["type"] = Concept("http://terminology.hl7.org/CodeSystem/provenance-participant-type", code, display),
        ["who"] = Member(member),
    };

    private static JsonObject Entity(JsonObject what) => new() { ["role"] = "source", ["what"] = what };

    private static JsonObject Member(string id) => new() { ["reference"] = $"Organization/{id}", ["display"] = id };

    private static JsonObject Identifier(string system, string value) =>
        new() { ["system"] = system, ["value"] = value };

    private static JsonObject Concept(string system, string code, string display) =>
        new() { ["coding"] = new JsonArray(Coding(system, code, display)) };

    private static JsonObject Coding(string system, string code, string display) =>
        new() { ["system"] = system, ["code"] = code, ["display"] = display };

    private static JsonObject Detail(string type, string value) =>
        new() { ["type"] = type, ["valueString"] = value };
}
