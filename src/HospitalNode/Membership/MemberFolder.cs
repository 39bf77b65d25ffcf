using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.HospitalNode.Membership;

/// <summary>Who this member is and where its coordinator listens.</summary>
/// <param name="Coordinator">Address of the services behind mutual TLS.</param>
/// <param name="Genesis">SHA-256 of the genesis record: which consortium this is.</param>
/// <param name="CoordinatorPin">SHA-256 of the coordinator's TLS public key.</param>
public sealed record MemberIdentity(string Member, Role Role, Uri Coordinator, string Genesis, string CoordinatorPin);

/// <summary>
/// Where a member, a hospital node above all, keeps its keys, its copy of the ledger and its journal.
/// </summary>
public sealed record MemberFolder(string Root)
{
    public string Identity => Path.Combine(Root, "identity");

    public string TlsKey => Path.Combine(Identity, "tls.key.pem");

    public string TlsCertificate => Path.Combine(Identity, "tls.cert.pem");

    public string RootCertificate => Path.Combine(Identity, "root.cert.pem");

    public string RecordKey => Path.Combine(Identity, "record.key.pem");

    public string WitnessKey => Path.Combine(Identity, "witness.key");

    /// <summary>The node's secret for noise, batches and salts.</summary>
    public string ReplaySecret => Path.Combine(Identity, "replay.key");

    /// <summary>The genesis record, byte for byte, as it was given at enrolment.</summary>
    public string Genesis => Path.Combine(Identity, "genesis.record");

    public string Ledger => Path.Combine(Root, "ledger");

    public string AuthorizationLog => Path.Combine(Ledger, "authorization");

    public string DataLog => Path.Combine(Ledger, "data");

    public string Policy => Path.Combine(Root, "policy.yaml");

    public string Journal => Path.Combine(Root, "spending.jsonl");

    /// <summary>Where other hospitals serve their copies of the logs, where the operator named some.</summary>
    public string Peers => Path.Combine(Root, "peers.json");

    /// <summary>Shares of open rounds and studies, deleted when they are over.</summary>
    public string RoundSecrets => Path.Combine(Root, "round-secrets");

    /// <summary>What this hospital keeps for itself about each study.</summary>
    public string Reports => Path.Combine(Root, "reports");

    /// <summary>Studies that a person has approved, one empty file per document digest.</summary>
    public string Approvals => Path.Combine(Root, "approvals");

    /// <summary>What this hospital knows about its patients' consents; it never leaves the node.</summary>
    public string Consent => Path.Combine(Root, "consent");

    /// <summary>Records that a person at the command line wants this member to write.</summary>
    public string Outbox => Path.Combine(Root, "outbox");

    private string MemberFile => Path.Combine(Identity, "member.json");

    public bool IsEnrolled => File.Exists(MemberFile);

    /// <exception cref="NodeException">The folder holds no enrolled member.</exception>
    public MemberIdentity Load()
    {
        if (!IsEnrolled)
        {
            throw new NodeException(
                $"{Root} holds no enrolled member; "
                    + $"enrol with dtwin node enroll --state {Root} --token … --coordinator ….");
        }

        return JsonSerializer.Deserialize(File.ReadAllText(MemberFile), MemberJson.Default.MemberIdentity)!;
    }

    /// <summary>The last file of an enrolment: without it the folder counts as not enrolled.</summary>
    public void Save(MemberIdentity identity) => DurableFile.WriteAtomically(
        MemberFile, JsonSerializer.SerializeToUtf8Bytes(identity, MemberJson.Default.MemberIdentity));

    /// <summary>The TLS certificate with its key.</summary>
    /// <exception cref="NodeException">It is missing, unreadable, expired or not yet valid.</exception>
    public X509Certificate2 LoadCertificate(TimeProvider time)
    {
        X509Certificate2 certificate;
        try
        {
            certificate = X509Certificate2.CreateFromPemFile(TlsCertificate, TlsKey);
        }
        catch (Exception problem) when (problem is CryptographicException or IOException or UnauthorizedAccessException)
        {
            throw new NodeException($"The certificate in {Identity} can't be used: {problem.Message}", problem);
        }

        DateTime now = time.GetUtcNow().UtcDateTime;
        if (now > certificate.NotAfter.ToUniversalTime())
        {
            throw new NodeException(
                $"The certificate in {Identity} expired on {certificate.NotAfter.ToUniversalTime():yyyy-MM-dd}; "
                    + "ask the coordinator's operator for a token and enrol again in a new folder.");
        }

        return now >= certificate.NotBefore.ToUniversalTime()
            ? certificate
            : throw new NodeException(
                $"The certificate in {Identity} is valid only from {certificate.NotBefore.ToUniversalTime():u}; "
                    + "check this machine's clock.");
    }

    public X509Certificate2 LoadRoot() => X509Certificate2.CreateFromPem(File.ReadAllText(RootCertificate));

    /// <summary>The replay key, made on first use.</summary>
    public ReplayKey LoadReplayKey()
    {
        if (!DurableFile.Exists(ReplaySecret))
        {
            DurableFile.WriteAtomically(
                ReplaySecret, RandomNumberGenerator.GetBytes(ReplayKey.Size), ownerOnly: true);
        }

        byte[] secret = File.ReadAllBytes(ReplaySecret);
        return secret.Length == ReplayKey.Size
            ? new ReplayKey(secret)
            : throw new NodeException(
                $"{ReplaySecret} does not hold {ReplayKey.Size} bytes; restore it from a backup.");
    }
}

[JsonSourceGenerationOptions(UseStringEnumConverter = true)]
[JsonSerializable(typeof(MemberIdentity))]
internal sealed partial class MemberJson : JsonSerializerContext;
