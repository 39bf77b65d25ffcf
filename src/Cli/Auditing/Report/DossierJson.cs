using System.Text.Json;
using System.Text.Json.Nodes;
using DigitalTwin.Cli.Studies;

namespace DigitalTwin.Cli.Auditing.Report;

/// <summary>The auditor's report as one JSON document; keys are added in later versions, never renamed.</summary>
internal static class DossierJson
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, NewLine = "\n" };

    public static string Write(Dossier dossier) => new JsonObject
    {
        ["passed"] = dossier.Audit.Passed,
        ["consortium"] = dossier.Consortium,
        ["verification"] = dossier.Audit.ToJson(),
        ["anomalies"] = new JsonArray([.. dossier.Anomalies.Select(one => (JsonNode)new JsonObject
        {
            ["code"] = one.Code,
            ["severity"] = one.Severity.ToString().ToLowerInvariant(),
            ["log"] = one.Log,
            ["index"] = one.Index,
            ["sentence"] = one.Sentence,
        })]),
        ["members"] = new JsonArray([.. dossier.Members.Select(member => (JsonNode)member.ToJson())]),
        ["policy"] = Events(dossier.Policy),
        ["studies"] = new JsonArray([.. dossier.Studies.Select(study => (JsonNode)Study(study))]),
        ["consent"] = Events(dossier.Consent),
        ["incidents"] = Events(dossier.Incidents),
        ["anchors"] = Events(dossier.Anchors),
        ["administration"] = Events(dossier.Administration),
    }.ToJsonString(Indented) + "\n";

    private static JsonObject Study(StudyStory study) => new()
    {
        ["name"] = study.Name,
        ["title"] = study.Title,
        ["proposedBy"] = study.Proposer,
        ["document"] = study.DocumentDigest,
        ["contract"] = study.Document?.Study.Contract,
        ["contractSha256"] = study.Document?.ContractSha256,
        ["answers"] = new JsonArray([.. study.Answers.Select(answer => (JsonNode)new JsonObject
        {
            ["site"] = answer.Site,
            ["accepted"] = answer.Accepted,
            ["rule"] = answer.Rule,
            ["reason"] = answer.Reason,
            ["rowsBucket"] = answer.RowsBucket,
            ["prevalenceBucket"] = answer.PrevalenceBucket,
            ["time"] = answer.Time,
        })]),
        ["participants"] = new JsonArray([.. study.Participants.Select(site => (JsonNode)site)]),
        ["onMissing"] = study.OnMissing,
        ["grant"] = study.Grant is not { } grant
            ? null
            : new JsonObject { ["epsilon"] = grant.Epsilon, ["delta"] = grant.Delta },
        ["rounds"] = new JsonArray([.. study.Rounds.Select(round => (JsonNode)round.ToJson())]),
        ["privacySpent"] = new JsonArray([.. study.Spent.Select(one => (JsonNode)new JsonObject
        {
            ["site"] = one.Site,
            ["round"] = one.Round,
            ["epsilonBefore"] = one.Before,
            ["epsilonAfter"] = one.After,
            ["delta"] = one.Delta,
            ["releases"] = one.Releases,
            ["epsilonRecomputed"] = one.Recomputed,
            ["agrees"] = one.Agrees,
        })]),
        ["evaluations"] = new JsonArray([.. study.Evaluations.Select(record => (JsonNode)new JsonObject
        {
            ["site"] = record.Author,
            ["model"] = record.Text("model"),
            ["metrics"] = record.Envelope.Statement.Predicate["metrics"]?.DeepClone(),
            ["flags"] = new JsonArray([.. record.Texts("flags").Select(flag => (JsonNode)flag)]),
        })]),
        ["pooledTest"] = study.Model is { } model ? ModelFile.MetricsOf(model) : null,
        ["releases"] = Events([.. study.Releases.Select(StoryEvent.Of)]),
        ["releasedModel"] = study.ReleasedModel,
        ["closing"] = study.Closing is not { } end ? null : new JsonObject
        {
            ["verdict"] = end.Text("verdict"),
            ["reason"] = end.Text("reason"),
            ["time"] = end.TimeText,
        },
        ["records"] = Events(study.Events),
    };

    private static JsonArray Events(IEnumerable<StoryEvent> events) =>
        [.. events.Select(one => (JsonNode)one.ToJson())];
}
