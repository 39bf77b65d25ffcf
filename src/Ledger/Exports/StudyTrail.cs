using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Exports;

/// <summary>What the ledger says about one study and about the members behind it: the matter of every export.</summary>
public sealed class StudyTrail
{
    private StudyTrail(string study, IReadOnlyList<TrailRecord> records, IReadOnlyList<TrailRecord> members)
    {
        Study = study;
        Records = records;
        MemberRecords = members;
    }

    /// <summary>Name of the study.</summary>
    public string Study { get; }

    /// <summary>Every valid record that names the study, the authorization log's first.</summary>
    public IReadOnlyList<TrailRecord> Records { get; }

    /// <summary>Every valid record without a study: members, consent, incidents, anchors.</summary>
    public IReadOnlyList<TrailRecord> MemberRecords { get; }

    /// <summary>The consortium's name.</summary>
    public string Consortium =>
        MemberRecords.FirstOrDefault(record => record.Name == RecordCatalogue.Genesis)?.Text("consortium") ?? "unknown";

    /// <summary>Who keeps the logs.</summary>
    public string Coordinator => MemberRecords.First(record => record.Name == RecordCatalogue.Genesis).Author;

    /// <summary>Every member that was ever admitted, with its role, in the order of admission.</summary>
    public IReadOnlyList<(string Id, string Role)> Members =>
    [
        .. MemberRecords.Where(record => record.Name is RecordCatalogue.Genesis or RecordCatalogue.MemberAdmitted)
            .Select(record => record.Name == RecordCatalogue.Genesis
                ? (record.Author, "coordinator")
                : (record.Text("member")!, record.Text("memberRole")!))
            .DistinctBy(member => member.Item1),
    ];

    /// <summary>The record that released the newest model; null where none was released.</summary>
    public TrailRecord? Release => Records.LastOrDefault(record => record.Name == "model-released");

    /// <summary>Whether the released model was taken out of use afterwards.</summary>
    public bool IsRevoked => Release is { } release && Records.Any(record => record.Name == "model-revoked"
        && record.Text("model") == release.Text("model") && record.Index > release.Index);

    /// <summary>Digest of the document that was approved, or else proposed.</summary>
    public string? Document => (Records.LastOrDefault(record => record.Name == "study-approved")
        ?? Records.LastOrDefault(record => record.Name == "study-proposed"))?.Text("document");

    /// <summary>The hospitals of the study.</summary>
    public IReadOnlyList<string> Participants =>
        Records.LastOrDefault(record => record.Name == "study-approved")?.Texts("participants") ?? [];

    /// <summary>Reads the valid records of a copy of a ledger; null where none names the study.</summary>
    /// <exception cref="IOException">A log cannot be read.</exception>
    public static StudyTrail? Read(string folder, string study)
    {
        List<TrailRecord> records = [];
        List<TrailRecord> members = [];
        foreach (TrailRecord record in LedgerTrail.Read(folder))
        {
            if (record.Header.Study is null)
            {
                members.Add(record);
            }
            else if (record.Header.Study == study)
            {
                records.Add(record);
            }
        }

        return records.Count == 0 ? null : new StudyTrail(study, records, members);
    }
}
