using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Exports;

namespace DigitalTwin.Ledger.Tests.Exports;

// Goal: a hospital's systems can read where the model comes from. Method: the bundle of a written study, its references
// and its codes; Interop.Tests holds it against a validator of R4.
public sealed class FhirExportTests(WrittenStudy study) : IClassFixture<WrittenStudy>
{
    private readonly JsonObject[] _resources =
    [
        .. FhirExport.Write(study.Trail)["entry"]!.AsArray().Select(entry => entry!["resource"]!.AsObject()),
    ];

    [Fact]
    public void Members_document_model_provenance_and_events_are_in_the_bundle()
    {
        Dictionary<string, int> kinds = _resources.CountBy(one => one["resourceType"]!.GetValue<string>())
            .ToDictionary();

        // Found: 5 members. Events: 5 of members, 1 consent, 1 incident, 5 of the study's start, and of the round
        // opened, closed, 3 attested, final, then released, snapshot, closed.
        Assert.Equal(
            new Dictionary<string, int>
            {
                ["Organization"] = 5,
                ["DocumentReference"] = 2,
                ["Provenance"] = 1,
                ["AuditEvent"] = 21,
            },
            kinds);
    }

    [Fact]
    public void Every_reference_leads_to_a_resource_of_the_bundle()
    {
        HashSet<string> there = [.. _resources.Select(one => $"{one["resourceType"]}/{one["id"]}")];
        string[] references = [.. _resources.SelectMany(References)];

        Assert.True(references.Length > 40);
        Assert.All(references, reference => Assert.Contains(reference, there));
    }

    [Fact]
    public void The_provenance_is_of_the_released_model_and_carries_the_signed_record()
    {
        JsonObject provenance = Single("Provenance");
        JsonObject model = _resources.Single(one => one["id"]!.GetValue<string>() == "model");

        Assert.Equal("DocumentReference/model", provenance["target"]![0]!["reference"]!.GetValue<string>());
        Assert.Equal(study.Model, model["content"]![0]!["attachment"]!["title"]!.GetValue<string>());
        Assert.Equal(
            study.Trail.Release!.Envelope.Leaf.ToArray(),
            Convert.FromBase64String(provenance["signature"]![0]!["data"]!.GetValue<string>()));
        Assert.Equal(
            ["assembler", "author", "performer", "performer", "performer"],
            provenance["agent"]!.AsArray().Select(
                agent => agent!["type"]!["coding"]![0]!["code"]!.GetValue<string>()));
    }

    [Fact]
    public void An_incident_is_a_security_alert_with_the_outcome_of_its_severity()
    {
        JsonObject incident = _resources.Single(one =>
            one["subtype"]?[0]?["code"]?.GetValue<string>() == "incident");

        Assert.Equal("110113", incident["type"]!["code"]!.GetValue<string>());
        Assert.Equal("12", incident["outcome"]!.GetValue<string>());
        Assert.Equal("A disk was stolen.", incident["outcomeDesc"]!.GetValue<string>());
    }

    [Fact]
    public void A_revoked_model_is_superseded()
    {
        using SmallConsortium consortium = new SmallConsortium().Found().RunStudy();
        string model = consortium.Blobs.Put("model 1"u8);
        consortium.Write("centre", "model-released", Fields.Of(("study", SmallConsortium.Study), ("model", model)));
        consortium.Write("centre", "model-revoked", Fields.Of(
            ("study", SmallConsortium.Study), ("model", model), ("reason", "A wrong contract.")));

        StudyTrail trail = StudyTrail.Read(consortium.Folder, SmallConsortium.Study)!;

        Assert.True(trail.IsRevoked);
        Assert.Contains(
            FhirExport.Write(trail)["entry"]!.AsArray(),
            entry => entry!["resource"]!["id"]!.GetValue<string>() == "model"
                && entry["resource"]!["status"]!.GetValue<string>() == "superseded");
    }

    private JsonObject Single(string type) =>
        _resources.Single(one => one["resourceType"]!.GetValue<string>() == type);

    private static IEnumerable<string> References(JsonNode? node) => node switch
    {
        JsonObject members => members.SelectMany(member => member.Key == "reference"
            ? [member.Value!.GetValue<string>()]
            : References(member.Value)),
        JsonArray items => items.SelectMany(References),
        _ => [],
    };
}
