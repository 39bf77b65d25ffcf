using DigitalTwin.Ledger.Exports;

namespace DigitalTwin.Ledger.Tests.Exports;

/// <summary>One finished study, and after it a release, an incident and a consent, shared by tests that read.</summary>
public sealed class WrittenStudy : IDisposable
{
    public WrittenStudy()
    {
        Consortium = new SmallConsortium().Found().RunStudy();
        Model = Consortium.Blobs.Put("model 1"u8);
        Consortium.Write("centre", "model-released", Fields.Of(("study", SmallConsortium.Study), ("model", Model)));
        Consortium.Write("hospital-a", "consent-policy", Fields.Of(
            ("policy", "broad"), ("text", Fields.Digest("text")), ("basis", "consent")));
        Consortium.Write("hospital-b", "snapshot-committed", Fields.Of(
            ("study", SmallConsortium.Study), ("snapshot", 1), ("rows", Consortium.Data.Entries.Root.ToString()),
            ("rowsBucket", "100-199"), ("contract", "heart-disease/v1"), ("schema", Fields.Digest("schema")),
            ("withdrawn", 0)));
        Consortium.Write("hospital-c", "incident", Fields.Of(
            ("severity", "critical"), ("summary", "A disk was stolen.")));
        Consortium.Cosign();
    }

    internal SmallConsortium Consortium { get; }

    internal string Model { get; }

    internal StudyTrail Trail => StudyTrail.Read(Consortium.Folder, SmallConsortium.Study)!;

    public void Dispose() => Consortium.Dispose();
}
