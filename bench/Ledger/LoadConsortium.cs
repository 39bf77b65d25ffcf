using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Keeping;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.LedgerLoad;

/// <summary>A coordinator and four hospitals with real keys, whose records the verifier accepts.</summary>
internal sealed class LoadConsortium : IDisposable
{
    public const string DataOrigin = "digitaltwin.dev/load/data";

    private const string AuthorizationOrigin = "digitaltwin.dev/load/authorization";
    private const string Coordinator = "coordinator";

    private static readonly string[] Hospitals = ["hospital-a", "hospital-b", "hospital-c", "hospital-d"];

    // Records carry a time, and the same input gives records of the same length at any date.
    private static readonly DateTimeOffset Start = new(2026, 3, 1, 8, 0, 0, TimeSpan.Zero);

    private readonly RecordKey _coordinatorKey = RecordKey.Generate();
    private readonly RecordKey[] _recordKeys = [.. Hospitals.Select(_ => RecordKey.Generate())];
    private readonly Ed25519Key[] _witnessKeys = [.. Hospitals.Select(_ => Ed25519Key.Generate())];
    private readonly Ed25519Key _authorizationKey = Ed25519Key.Generate();
    private AuthHead _authHead = AuthHead.None;
    private long _written;

    public Ed25519Key DataKey { get; } = Ed25519Key.Generate();

    public IReadOnlyList<NoteVerifierKey> Witnesses =>
        [.. Hospitals.Select((name, i) => NoteVerifierKey.Witness($"{name}.example/w1", _witnessKeys[i].PublicKey))];

    public Ed25519Key WitnessKey(int hospital) => _witnessKeys[hospital];

    /// <summary>Writes the authorization log: the genesis record and four admissions, final.</summary>
    public void Found(string folder)
    {
        using LogKeeper keeper =
            LogKeeper.Open(folder, AuthorizationOrigin, _authorizationKey, TimeProvider.System);
        Admit(keeper, RecordCatalogue.Genesis, new JsonObject
        {
            ["consortium"] = "load",
            ["coordinator"] = new JsonObject
            {
                ["id"] = Coordinator,
                ["identityKey"] = Convert.ToHexStringLower(_coordinatorKey.PublicKey),
                ["tlsKey"] = Digest("tls", 0),
            },
            ["logs"] = new JsonObject
            {
                ["authorization"] = keeper.VerifierKey.ToString(),
                ["data"] = NoteVerifierKey.Log(DataOrigin, DataKey.PublicKey).ToString(),
            },
            ["rootCertificate"] = Digest("root", 0),
            ["quorumRule"] = RecordCatalogue.QuorumRule,
        });
        for (int i = 0; i < Hospitals.Length; i++)
        {
            Admit(keeper, RecordCatalogue.MemberAdmitted, new JsonObject
            {
                ["member"] = Hospitals[i],
                ["memberRole"] = RoleNames.TextOf(Role.Hospital),
                ["identityKey"] = Convert.ToHexStringLower(_recordKeys[i].PublicKey),
                ["tlsKey"] = Digest("tls", i + 1),
                ["witnessKey"] = Witnesses[i].ToString(),
                ["certificate"] = Digest("certificate", i),
                ["certificateExpires"] = "2027-03-01T08:00:00.000Z",
            });
        }

        Finish(keeper);
    }

    /// <summary>The next records of the data log, signed by the hospitals in turn on all processors.</summary>
    public ReadOnlyMemory<byte>[] Next(int count)
    {
        ReadOnlyMemory<byte>[] leaves = new ReadOnlyMemory<byte>[count];
        long first = _written;
        Parallel.For(0, count, i => leaves[i] = Record(first + i).Leaf);
        _written += count;
        return leaves;
    }

    /// <summary>Signs a head over all entries and makes it final with the cosignatures of all hospitals.</summary>
    public void Finish(LogKeeper keeper)
    {
        SignedNote head = keeper.SignHead();
        long size = Checkpoint.Parse(head.Text).Size;
        for (int i = 0; i < Hospitals.Length; i++)
        {
            NoteSignature line =
                Cosignature.Sign(head.Text, Witnesses[i].Name, _witnessKeys[i], TimeProvider.System.GetUtcNow());
            keeper.AddCosignature(size, line.ToString(), Witnesses[i]);
        }

        keeper.Final(_ => Witnesses);
    }

    public void Dispose()
    {
        _coordinatorKey.Dispose();
        _authorizationKey.Dispose();
        DataKey.Dispose();
        foreach (IDisposable key in (IDisposable[])[.. _recordKeys, .. _witnessKeys])
        {
            key.Dispose();
        }
    }

    private static string Digest(string what, long number) => Convert.ToHexStringLower(SHA256.HashData(
        System.Text.Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{what} {number}"))));

    private Envelope Record(long number)
    {
        int hospital = (int)(number % Hospitals.Length);
        JsonObject fields = new()
        {
            ["study"] = "heart-risk",
            ["round"] = 1 + (number / Hospitals.Length),
            ["attempt"] = 1,
            ["addend"] = Digest("addend", number),
            ["commitment"] = Digest("commitment", number),
            ["bytes"] = 4096,
        };
        Actor actor = new(Hospitals[hospital], _recordKeys[hospital].KeyId, Role.Hospital);
        return Envelope.Sign(
            RecordBuilder.Build("update-committed", fields, actor, _authHead, 1 + (number / Hospitals.Length), Start),
            _recordKeys[hospital]);
    }

    private void Admit(LogKeeper keeper, string name, JsonObject fields)
    {
        Actor actor = new(Coordinator, _coordinatorKey.KeyId, Role.Coordinator);
        keeper.Append(Envelope.Sign(
            RecordBuilder.Build(name, fields, actor, _authHead, 1 + keeper.Entries.Size, Start),
            _coordinatorKey).Leaf);
        _authHead = new AuthHead(keeper.Entries.Size, keeper.Entries.Root);
    }
}
