using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using DigitalTwin.Coordinator.Enrolment;
using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Coordinator.Members;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Coordinator;

/// <summary>Name and address of a consortium, as its coordinator's folder holds them.</summary>
public sealed record ConsortiumSettings(string Consortium, string Host);

/// <summary>Makes a consortium: its root certificate, its log keys, its genesis record.</summary>
public static class Consortium
{
    private const string SettingsFile = "coordinator.json";

    /// <summary>Makes a new consortium in an empty folder.</summary>
    /// <returns>SHA-256 of the genesis record: what members compare out of band.</returns>
    /// <exception cref="CoordinatorException">The folder holds one already.</exception>
    public static string Create(string stateFolder, ConsortiumSettings settings, TimeProvider time)
    {
        CoordinatorFolder folder = new(stateFolder);
        if (Directory.Exists(folder.Identity) || Directory.Exists(folder.Ledger))
        {
            throw new CoordinatorException(
                $"{stateFolder} holds a consortium already; choose another folder or run dtwin coordinator run.");
        }

        DurableFile.CreateFolder(folder.Identity);
        DurableFile.CreateFolder(folder.Ledger);
        using CertificateAuthority authority = CertificateAuthority.Create(settings.Consortium, folder, time);
        using ECDsa tlsKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateAuthority.WriteKey(folder.TlsKey, tlsKey);
        using X509Certificate2 tls = authority.IssueServer(tlsKey, settings.Host);
        CertificateAuthority.WriteCertificate(folder.TlsCertificate, tls);
        using RecordKey record = RecordKey.Generate();
        record.Save(folder.RecordKey);
        using Ed25519Key authorizationKey = Ed25519Key.Generate();
        authorizationKey.Save(folder.AuthorizationLogKey);
        using Ed25519Key dataKey = Ed25519Key.Generate();
        dataKey.Save(folder.DataLogKey);

        DurableFile.WriteAtomically(
            Path.Combine(stateFolder, SettingsFile),
            JsonSerializer.SerializeToUtf8Bytes(settings, SettingsJson.Default.ConsortiumSettings));
        using ConsortiumLedger ledger = ConsortiumLedger.Open(folder, settings.Consortium, time);
        ledger.AppendOwn(Genesis(settings.Consortium, authority, tls, record, authorizationKey, dataKey));
        return Convert.ToHexStringLower(
            SHA256.HashData(ledger.KeeperOf(LogKind.Authorization).Entries.Read(0).Span));
    }

    /// <summary>The settings of an initialised folder.</summary>
    /// <exception cref="CoordinatorException">There is no consortium in it.</exception>
    public static ConsortiumSettings Load(string stateFolder)
    {
        CoordinatorFolder folder = new(stateFolder);
        string path = Path.Combine(stateFolder, SettingsFile);
        if (!folder.IsInitialised || !File.Exists(path))
        {
            throw new CoordinatorException(
                $"There is no consortium in {stateFolder}; "
                    + $"make one with dtwin coordinator init --state {stateFolder}.");
        }

        return JsonSerializer.Deserialize(File.ReadAllText(path), SettingsJson.Default.ConsortiumSettings)!;
    }

    /// <summary>Makes a single-use enrolment token.</summary>
    public static string IssueToken(
        string stateFolder, string member, Role role, TimeSpan lifetime, TimeProvider time)
    {
        Load(stateFolder);
        CoordinatorFolder folder = new(stateFolder);
        using X509Certificate2 tls = X509Certificate2.CreateFromPem(File.ReadAllText(folder.TlsCertificate));
        return new TokenStore(folder.Tokens, time).Issue(
            member, role, lifetime, Convert.FromHexString(MemberInterceptor.PinOf(tls)));
    }

    private static Draft Genesis(
        string consortium,
        CertificateAuthority authority,
        X509Certificate2 tls,
        RecordKey record,
        Ed25519Key authorizationKey,
        Ed25519Key dataKey) => new(
        RecordCatalogue.Genesis,
        new JsonObject
        {
            ["consortium"] = consortium,
            ["coordinator"] = new JsonObject
            {
                ["id"] = ConsortiumLedger.CoordinatorId,
                ["identityKey"] = Convert.ToHexStringLower(record.PublicKey),
                ["tlsKey"] = MemberInterceptor.PinOf(tls),
            },
            ["logs"] = new JsonObject
            {
                ["authorization"] = VerifierKey(consortium, LogKind.Authorization, authorizationKey),
                ["data"] = VerifierKey(consortium, LogKind.Data, dataKey),
            },
            ["quorumRule"] = RecordCatalogue.QuorumRule,
            ["rootCertificate"] = Convert.ToHexStringLower(SHA256.HashData(authority.Root.RawDataMemory.Span)),
        });

    private static string VerifierKey(string consortium, LogKind log, Ed25519Key key) =>
        NoteVerifierKey.Log(ConsortiumLedger.OriginOf(consortium, log), key.PublicKey).ToString();
}

[JsonSerializable(typeof(ConsortiumSettings))]
internal sealed partial class SettingsJson : JsonSerializerContext;
