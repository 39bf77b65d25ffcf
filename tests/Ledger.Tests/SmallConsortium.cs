using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.TestKit;

namespace DigitalTwin.Ledger.Tests;

/// <summary>
/// A coordinator, three hospitals and a researcher who write a short study into real logs in a temporary folder.
/// </summary>
internal sealed class SmallConsortium : IDisposable
{
    public const string Study = "heart-risk";

    public static readonly string[] HospitalNames = ["hospital-a", "hospital-b", "hospital-c"];

    private readonly Dictionary<string, (RecordKey Key, Role Role)> _parties = new()
    {
        ["centre"] = (RecordKey.Generate(), Role.Coordinator),
        ["hospital-a"] = (RecordKey.Generate(), Role.Hospital),
        ["hospital-b"] = (RecordKey.Generate(), Role.Hospital),
        ["hospital-c"] = (RecordKey.Generate(), Role.Hospital),
        ["lab"] = (RecordKey.Generate(), Role.Researcher),
    };

    private readonly Dictionary<string, Ed25519Key> _witnesses =
        HospitalNames.ToDictionary(name => name, _ => Ed25519Key.Generate());

    public SmallConsortium()
    {
        Folder = Directory.CreateTempSubdirectory("dtwin-ledger-").FullName;
        Authorization = LogKeeper.Open(
            Path.Combine(Folder, "authorization"), "twin.example/demo/auth", AuthorizationKey, Time);
        Data = LogKeeper.Open(Path.Combine(Folder, "data"), "twin.example/demo/data", DataKey, Time);
        Blobs = new BlobFolder(Path.Combine(Folder, "blobs"));
    }

    public string Folder { get; }

    public ManualTime Time { get; } = new(new DateTimeOffset(2026, 3, 1, 8, 0, 0, TimeSpan.Zero));

    public Ed25519Key AuthorizationKey { get; } = Ed25519Key.Generate();

    public Ed25519Key DataKey { get; } = Ed25519Key.Generate();

    public LogKeeper Authorization { get; private set; }

    public LogKeeper Data { get; private set; }

    public BlobFolder Blobs { get; }

    public MemberRegistry Registry { get; } = new();

    public RecordKey KeyOf(string member) => _parties[member].Key;

    /// <summary>Lets a member sign with another key from now on; the key stays the caller's.</summary>
    public void UseKey(string member, RecordKey key) => _parties[member] = (key, _parties[member].Role);

    public Ed25519Key WitnessKeyOf(string hospital) => _witnesses[hospital];

    public NoteVerifierKey WitnessOf(string hospital) =>
        NoteVerifierKey.Witness($"{hospital}.example/w1", _witnesses[hospital].PublicKey);

    /// <summary>Founds the consortium and admits everybody: five authorization records.</summary>
    public SmallConsortium Found()
    {
        Write("centre", "genesis", Fields.Genesis(this));
        foreach (string member in (string[])[.. HospitalNames, "lab"])
        {
            Write("centre", "member-admitted", Fields.Admission(this, member, _parties[member].Role));
        }

        return this;
    }

    /// <summary>One study of one round, each head signed and cosigned by all hospitals on the way.</summary>
    public SmallConsortium RunStudy()
    {
        string document = Blobs.Put("study: heart-risk"u8);
        Write("lab", "study-proposed", Fields.Of(("study", Study), ("document", document), ("title", "Heart risk")));
        Cosign();
        foreach (string hospital in HospitalNames)
        {
            Write(hospital, "study-accepted", Fields.Of(("study", Study), ("document", document),
                ("rowsBucket", "100-199"), ("prevalenceBucket", "40-50 %"), ("contract", "heart-disease/v1")));
        }

        Write("centre", "study-approved", Fields.Approval(document));
        Cosign();
        RunRound();
        Write("centre", "study-closed", Fields.Of(("study", Study), ("verdict", "complete"),
            ("reason", "All rounds are final."), ("model", Blobs.Put("model 1"u8)), ("rounds", 1)));
        Cosign();
        return this;
    }

    /// <summary>
    /// Appends a record of this author to the log it belongs to, as a host would, and returns its index.
    /// </summary>
    public long Write(string author, string name, JsonObject fields) =>
        Append(RecordCatalogue.Find(name)!.Log, Compose(author, name, fields));

    public long Append(LogKind log, Envelope record)
    {
        Assert.Null(Registry.Refuses(record, log, Authorization.Entries, Data.Entries));
        long index = KeeperOf(log).Append(record.Leaf);
        Registry.Apply(index, record);
        return index;
    }

    public Envelope Compose(
        string author, string name, JsonObject fields, AuthHead? head = null, long? seq = null, Role? role = null)
    {
        (RecordKey key, Role own) = _parties[author];
        LogKind log = RecordCatalogue.Find(name)!.Log;
        long size = Authorization.Entries.Size;
        AuthHead authHead = head ?? new AuthHead(size, Authorization.Entries.RootAt(size));
        return Envelope.Sign(RecordBuilder.Build(name, fields, new Actor(author, key.KeyId, role ?? own), authHead,
            seq ?? Registry.NextSeq(author, log), Time.GetUtcNow()), key);
    }

    public LogKeeper KeeperOf(LogKind log) => log == LogKind.Authorization ? Authorization : Data;

    /// <summary>Signs both heads and makes them final with the cosignatures of <paramref name="hospitals"/>.</summary>
    public void Cosign(params string[] hospitals)
    {
        foreach (LogKind log in Enum.GetValues<LogKind>())
        {
            LogKeeper keeper = KeeperOf(log);
            SignedNote head = keeper.SignHead();
            long size = Checkpoint.Parse(head.Text).Size;
            foreach (string hospital in hospitals.Length == 0 ? HospitalNames : hospitals)
            {
                NoteSignature line = Cosignature.Sign(
                    head.Text, WitnessOf(hospital).Name, _witnesses[hospital], Time.GetUtcNow());
                Assert.True(keeper.AddCosignature(size, line.ToString(), WitnessOf(hospital)));
            }

            keeper.Final(of => Registry.WitnessesFor(log, of));
        }
    }

    /// <summary>Closes both logs, as before a copy or a restart.</summary>
    public void Close()
    {
        Authorization.Dispose();
        Data.Dispose();
    }

    public void Reopen()
    {
        Close();
        Authorization = LogKeeper.Open(
            Path.Combine(Folder, "authorization"), "twin.example/demo/auth", AuthorizationKey, Time);
        Data = LogKeeper.Open(Path.Combine(Folder, "data"), "twin.example/demo/data", DataKey, Time);
    }

    public void Dispose()
    {
        Close();
        Directory.Delete(Folder, recursive: true);
    }

    private void RunRound()
    {
        string model = Blobs.Put("model 0"u8);
        string next = Blobs.Put("model 1"u8);
        string sum = Blobs.Put("sum"u8);
        Write("centre", "round-opened", Fields.Round(model));
        foreach (string hospital in HospitalNames)
        {
            Write(hospital, "round-joined", Fields.InRound(
                ("maskKey", Convert.ToHexStringLower(_parties[hospital].Key.PublicKey))));
        }

        Cosign();
        JsonArray addends = [];
        foreach (string hospital in HospitalNames)
        {
            string addend = Blobs.Put(System.Text.Encoding.UTF8.GetBytes("addend of " + hospital));
            Write(hospital, "update-committed", Fields.InRound(
                ("addend", addend), ("commitment", Fields.Digest("salted " + hospital)), ("bytes", 24)));
            addends.Add(Fields.Of(("site", hospital), ("sha256", addend)));
        }

        Write("centre", "round-closed", Fields.InRound(
            ("addends", addends), ("openings", new JsonArray()), ("sum", sum), ("model", next), ("loss", "0.6931")));
        foreach (string hospital in HospitalNames)
        {
            Write(hospital, "sum-attested", Fields.InRound(
                ("sum", sum), ("model", next), ("wireBytes", 24), ("epsilon", "0.5"), ("delta", "0.001")));
        }

        Write("centre", "round-final", Fields.InRound(("attestations", 3)));
        Cosign();
    }
}
