using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DigitalTwin.HospitalNode.Connection;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Protos.V1;
using Google.Protobuf;
using Grpc.Core;

namespace DigitalTwin.HospitalNode.Membership;

/// <summary>Makes a member's keys on this machine and trades a token for a certificate.</summary>
public static class EnrolmentClient
{
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(30);

    /// <summary>Enrols; a repeated call after a lost answer uses the keys that are there.</summary>
    /// <param name="memberName">Name the token was made for; the witness key carries it.</param>
    /// <exception cref="EnrolmentRefusedException">The coordinator refused the token or the keys.</exception>
    /// <exception cref="NodeException">It could not be reached, or its keys do not belong together.</exception>
    public static async Task<MemberIdentity> EnrolAsync(
        MemberFolder folder,
        string memberName,
        EnrolmentToken token,
        Uri coordinator,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        if (folder.IsEnrolled)
        {
            throw new NodeException($"{folder.Root} is enrolled already; choose another folder.");
        }

        DurableFile.CreateFolder(folder.Identity);
        using ECDsa tlsKey = LoadOrMakeTlsKey(folder);
        using RecordKey recordKey = RecordKeyOf(folder);
        using Ed25519Key witnessKey = WitnessKeyOf(folder);

        X500DistinguishedNameBuilder name = new();
        name.AddCommonName(memberName);
        byte[] request = new CertificateRequest(name.Build(), tlsKey, HashAlgorithmName.SHA256).CreateSigningRequest();
        EnrolRequest message = new()
        {
            TokenSecret = ByteString.CopyFrom(token.Secret),
            SigningRequest = ByteString.CopyFrom(request),
            RecordKey = ByteString.CopyFrom(recordKey.PublicKey),
            RecordKeyProof = ByteString.CopyFrom(recordKey.Sign(request)),
            WitnessKey = NoteVerifierKey.Witness(memberName, witnessKey.PublicKey).ToString(),
            WitnessKeyProof = ByteString.CopyFrom(witnessKey.Sign(request)),
        };
        EnrolReply reply = await CallAsync(coordinator, token, message, time, cancellationToken);
        return Keep(folder, reply, coordinator, token.CoordinatorPin);
    }

    /// <summary>The keys under which a member records and cosigns, made where there are none yet.</summary>
    /// <returns>SubjectPublicKeyInfo of the identity key, and the witness key.</returns>
    public static (byte[] Identity, NoteVerifierKey Witness) PublicKeys(MemberFolder folder, string memberName)
    {
        DurableFile.CreateFolder(folder.Identity);
        using RecordKey recordKey = RecordKeyOf(folder);
        using Ed25519Key witnessKey = WitnessKeyOf(folder);
        return (recordKey.PublicKey, NoteVerifierKey.Witness(memberName, witnessKey.PublicKey));
    }

    internal static void WriteCertificate(string path, X509Certificate2 certificate) =>
        DurableFile.WriteAtomically(path, System.Text.Encoding.ASCII.GetBytes(certificate.ExportCertificatePem()));

    private static async Task<EnrolReply> CallAsync(
        Uri coordinator,
        EnrolmentToken token,
        EnrolRequest message,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        using CoordinatorChannel channel = new(coordinator, token.CoordinatorPin, certificate: null);
        try
        {
            return await new Enrolment.EnrolmentClient(channel.Grpc).EnrolAsync(
                message, deadline: time.GetUtcNow().UtcDateTime + Deadline, cancellationToken: cancellationToken);
        }
        catch (RpcException refused) when (refused.StatusCode == StatusCode.PermissionDenied)
        {
            throw new EnrolmentRefusedException($"The coordinator refused: {refused.Status.Detail}", refused);
        }
        catch (RpcException failed) when (failed.StatusCode is StatusCode.Unavailable or StatusCode.DeadlineExceeded
            or StatusCode.Internal)
        {
            throw new NodeException(
                $"No trusted coordinator answers at {coordinator}: check address, firewall, "
                    + $"and that the token is of this consortium ({failed.Status.Detail}).",
                failed);
        }
    }

    private static MemberIdentity Keep(MemberFolder folder, EnrolReply reply, Uri coordinator, string pin)
    {
        Envelope genesis = Envelope.Parse(reply.Genesis.Memory);
        string genesisPin = genesis.Statement.Predicate["coordinator"]?["tlsKey"]?.GetValue<string>() ?? "";
        using X509Certificate2 root = X509CertificateLoader.LoadCertificate(reply.RootCertificate.Span);
        string rootDigest = Convert.ToHexStringLower(SHA256.HashData(root.RawDataMemory.Span));
        if (genesis.Statement.Name != "genesis" || genesisPin != pin
            || genesis.Statement.Predicate["rootCertificate"]?.GetValue<string>() != rootDigest)
        {
            throw new NodeException(
                "The coordinator's genesis record does not name the keys it answers with; do not trust it.");
        }

        using X509Certificate2 certificate = X509CertificateLoader.LoadCertificate(reply.Certificate.Span);
        WriteCertificate(folder.TlsCertificate, certificate);
        WriteCertificate(folder.RootCertificate, root);
        DurableFile.WriteAtomically(folder.Genesis, reply.Genesis.Span);
        UriBuilder members = new(coordinator) { Port = reply.Port };
        MemberIdentity identity = new(
            reply.Member,
            Enum.Parse<Role>(reply.Role, ignoreCase: true),
            members.Uri,
            Convert.ToHexStringLower(SHA256.HashData(reply.Genesis.Span)),
            pin);
        folder.Save(identity);
        return identity;
    }

    private static RecordKey RecordKeyOf(MemberFolder folder) => LoadOrMake(
        folder.RecordKey, RecordKey.Load, RecordKey.Generate, key => key.Save(folder.RecordKey));

    private static Ed25519Key WitnessKeyOf(MemberFolder folder) => LoadOrMake(
        folder.WitnessKey, Ed25519Key.Load, Ed25519Key.Generate, key => key.Save(folder.WitnessKey));

    private static ECDsa LoadOrMakeTlsKey(MemberFolder folder)
    {
        if (DurableFile.Exists(folder.TlsKey))
        {
            ECDsa kept = ECDsa.Create();
            kept.ImportFromPem(File.ReadAllText(folder.TlsKey));
            return kept;
        }

        ECDsa made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        DurableFile.WriteAtomically(
            folder.TlsKey, System.Text.Encoding.ASCII.GetBytes(made.ExportPkcs8PrivateKeyPem()), ownerOnly: true);
        return made;
    }

    internal static TKey LoadOrMake<TKey>(string path, Func<string, TKey> load, Func<TKey> make, Action<TKey> save)
    {
        if (DurableFile.Exists(path))
        {
            return load(path);
        }

        TKey key = make();
        save(key);
        return key;
    }
}
