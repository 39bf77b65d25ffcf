using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Clinical.Synthetic;
using DigitalTwin.HospitalNode.Consent;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Models.Numerics;
using DigitalTwin.TestKit;

namespace DigitalTwin.HospitalNode.Tests.Consent;

/// <summary>The folder of a node with 303 invented patients, and the commands that its staff gives.</summary>
internal sealed class ConsentFolder : IDisposable
{
    public const string Member = "north";

    private readonly TemporaryFolder _folder = new();

    public ConsentFolder()
    {
        Folder = new MemberFolder(_folder["node"]);
        Directory.CreateDirectory(Folder.Identity);
        Folder.Save(new MemberIdentity(
            Member, Role.Hospital, new Uri("https://coordinator.example:7443"), new string('0', 64), ""));
        PhiloxStream stream = new(7, stream: 0);
        string file = _folder["north.csv"];
        File.WriteAllText(file, SyntheticHospitals.HeartDisease(stream.NextUInt64)[0].ToCsv());
        Data = SiteDataLoader.Load(new DataSource(file, "heart-disease/v1", null, Member));
    }

    public static byte[] Text => "I consent to research on my heart."u8.ToArray();

    public static string TextDigest => Convert.ToHexStringLower(SHA256.HashData(Text));

    public MemberFolder Folder { get; }

    public LoadedData Data { get; }

    public ManualTime Time { get; } = new(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));

    public string PathOf(string name) => _folder[name];

    public ConsentDesk Open() => ConsentDesk.Open(Folder, Time);

    public void Declare()
    {
        using ConsentDesk desk = Open();
        desk.Declare("broad", Text, "gdpr-9-2-a");
    }

    public ConsentBatch Batch()
    {
        using ConsentDesk desk = Open();
        return desk.Batch("broad", Data);
    }

    public void Withdraw(string row)
    {
        using ConsentDesk desk = Open();
        desk.Withdraw("broad", row);
    }

    /// <summary>What lies in the outbox, oldest first; each file is canonical JSON.</summary>
    public JsonObject[] Drafts() => !Directory.Exists(Folder.Outbox)
        ? []
        :
        [
            .. Directory.EnumerateFiles(Folder.Outbox).Order(StringComparer.Ordinal)
                .Select(path => (JsonObject)CanonicalJson.Parse(File.ReadAllBytes(path))),
        ];

    public void Dispose() => _folder.Dispose();
}
