using System.Formats.Asn1;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Exports.ModelSigning;

/// <summary>A detached signature over the files of a model that tools of other makers verify.</summary>
/// <remarks>
/// OpenSSF Model Signing v1.0, signing method <c>key</c>: a sigstore bundle v0.3 around a DSSE envelope around an
/// in-toto statement with one digest per file. ECDSA over P-256 with SHA-256 signs; P-384 with SHA-384 and P-521 with
/// SHA-512 are verified too. No service is asked and no transparency log: who holds the key is the ledger's matter.
/// </remarks>
public static class ModelSignature
{
    /// <summary>Customary ending of a signature's file name (section 9).</summary>
    public const string FileEnding = ".sig";

    internal const string StatementType = "https://in-toto.io/Statement/v1";
    internal const string PredicateType = "https://model_signing/signature/v1.0";

    private const string PayloadType = "application/vnd.in-toto+json";
    private const string MediaType = "application/vnd.dev.sigstore.bundle.v0.3+json";

    /// <summary>Largest bundle that is read; a hundred thousand files fit.</summary>
    private const int MaxBytes = 32 * 1024 * 1024;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    /// <summary>Signs every file of a folder.</summary>
    /// <param name="folder">Root of the model.</param>
    /// <param name="ignored">Paths from the root that are not part of it, such as the signature's own.</param>
    /// <param name="key">Whoever vouches for the model.</param>
    /// <returns>The bundle, as UTF-8 JSON.</returns>
    /// <exception cref="ModelSignatureException">The folder holds a link, or no file.</exception>
    public static byte[] Sign(string folder, IReadOnlyCollection<string> ignored, RecordKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        byte[] payload = CanonicalJson.Serialize(ModelManifest.Of(folder, ignored).ToStatement());
        byte[] signature = key.Sign(Envelope.PreAuthenticationEncoding(PayloadType, payload));
        JsonObject bundle = new()
        {
            ["mediaType"] = MediaType,
            ["verificationMaterial"] = new JsonObject
            {
                ["publicKey"] = new JsonObject { ["hint"] = HintOf(key.PublicKey) },
                ["tlogEntries"] = new JsonArray(),
            },
            ["dsseEnvelope"] = new JsonObject
            {
                ["payload"] = Convert.ToBase64String(payload),
                ["payloadType"] = PayloadType,
                ["signatures"] = new JsonArray(new JsonObject
                {
                    ["sig"] = Convert.ToBase64String(DerOf(signature)),
                    ["keyid"] = "",
                }),
            },
        };
        return CanonicalJson.Serialize(bundle);
    }

    /// <summary>Verifies a bundle against a key and against every file of a folder (section 8).</summary>
    /// <param name="bundle">UTF-8 JSON.</param>
    /// <param name="folder">Root of the model.</param>
    /// <param name="bundlePath">Path of the bundle from the root where it lies inside, else null.</param>
    /// <param name="publicKeyPem">SubjectPublicKeyInfo of the key that should have signed, as PEM.</param>
    /// <exception cref="ModelSignatureException">
    /// The bundle is malformed, another key signed it, or a file is missing, changed or unsigned.
    /// </exception>
    public static ModelManifest Verify(
        ReadOnlyMemory<byte> bundle, string folder, string? bundlePath, string publicKeyPem)
    {
        ModelManifest signed = ReadSigned(bundle, publicKeyPem);
        string[] outside = bundlePath is null ? [] : [bundlePath];
        ModelManifest found = ModelManifest.Of(folder, [.. signed.Ignored, .. outside]);
        Dictionary<string, string> expected = signed.Resources.ToDictionary(file => file.Name, file => file.Sha256);
        foreach (ModelResource file in found.Resources)
        {
            if (!expected.Remove(file.Name, out string? digest))
            {
                throw new ModelSignatureException($"{file.Name} is not among the files that were signed.");
            }

            if (digest != file.Sha256)
            {
                throw new ModelSignatureException($"{file.Name} has the SHA-256 {file.Sha256}, {digest} was signed.");
            }
        }

        return expected.Count == 0
            ? signed
            : throw new ModelSignatureException($"{expected.Keys.First()} was signed and is missing.");
    }

    /// <summary>What a bundle says, once its signature holds under the key.</summary>
    /// <exception cref="ModelSignatureException">The bundle is malformed, or another key signed it.</exception>
    public static ModelManifest ReadSigned(ReadOnlyMemory<byte> bundle, string publicKeyPem)
    {
        using ECDsa key = ECDsa.Create();
        try
        {
            key.ImportFromPem(publicKeyPem);
        }
        catch (Exception problem) when (problem is ArgumentException or CryptographicException)
        {
            throw new ModelSignatureException($"There is no public key: {problem.Message}", problem);
        }

        if (bundle.Length > MaxBytes)
        {
            throw new ModelSignatureException($"A bundle has at most {MaxBytes} bytes.");
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(bundle, Strict);
            byte[] payload = VerifiedPayload(document.RootElement, key);
            using JsonDocument statement = JsonDocument.Parse(payload, Strict);
            return ModelStatement.Read(statement.RootElement);
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException
            or InvalidOperationException or FormatException)
        {
            throw new ModelSignatureException($"This is no model signature: {problem.Message}", problem);
        }
    }

    /// <summary>The hint that names a key: SHA-256 of its PEM with a line feed at the end, in lower-case hex.</summary>
    /// <remarks>
    /// The specification leaves the fingerprint open; this is the one that the reference implementation computes and
    /// compares (model-transparency, <c>_signing/sign_ec_key.py</c>).
    /// </remarks>
    public static string HintOf(ReadOnlySpan<byte> subjectPublicKeyInfo) => Convert.ToHexStringLower(
        SHA256.HashData(System.Text.Encoding.ASCII.GetBytes(PemOf(subjectPublicKeyInfo))));

    /// <summary>A public key as the PEM text that other tools read.</summary>
    public static string PemOf(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        PemEncoding.WriteString("PUBLIC KEY", subjectPublicKeyInfo) + "\n";

    private static byte[] VerifiedPayload(JsonElement bundle, ECDsa key)
    {
        if (bundle.GetProperty("mediaType").GetString() != MediaType)
        {
            throw new ModelSignatureException($"The bundle's mediaType must be {MediaType}.");
        }

        JsonElement named = bundle.GetProperty("verificationMaterial").GetProperty("publicKey");
        if (named.TryGetProperty("hint", out JsonElement hint)
            && hint.GetString() != HintOf(key.ExportSubjectPublicKeyInfo()))
        {
            throw new ModelSignatureException($"The bundle was signed by the key {hint.GetString()}, not by this one.");
        }

        JsonElement envelope = bundle.GetProperty("dsseEnvelope");
        JsonElement signatures = envelope.GetProperty("signatures");
        if (envelope.GetProperty("payloadType").GetString() != PayloadType || signatures.GetArrayLength() != 1)
        {
            throw new ModelSignatureException($"The envelope must hold one {PayloadType} with one signature.");
        }

        byte[] payload = envelope.GetProperty("payload").GetBytesFromBase64();
        byte[] signature = signatures[0].GetProperty("sig").GetBytesFromBase64();
        bool holds = key.VerifyData(
            Envelope.PreAuthenticationEncoding(PayloadType, payload), signature, HashFor(key.KeySize),
            DSASignatureFormat.Rfc3279DerSequence);
        return holds ? payload : throw new ModelSignatureException("The signature does not hold.");
    }

    // As the specification's algorithm registry pairs curves and hashes.
    private static HashAlgorithmName HashFor(int bits) => bits switch
    {
        256 => HashAlgorithmName.SHA256,
        384 => HashAlgorithmName.SHA384,
        521 => HashAlgorithmName.SHA512,
        _ => throw new ModelSignatureException($"A key of {bits} bits is on none of the curves P-256, P-384, P-521."),
    };

    // Records carry r‖s, sigstore the DER sequence of RFC 3279.
    private static byte[] DerOf(ReadOnlySpan<byte> signature)
    {
        AsnWriter writer = new(AsnEncodingRules.DER);
        using (writer.PushSequence())
        {
            writer.WriteIntegerUnsigned(Minimal(signature[..(signature.Length / 2)]));
            writer.WriteIntegerUnsigned(Minimal(signature[(signature.Length / 2)..]));
        }

        return writer.Encode();
    }

    private static ReadOnlySpan<byte> Minimal(ReadOnlySpan<byte> number) => number.TrimStart((byte)0);
}

/// <summary>A model signature cannot be made, is malformed, or does not hold; the message says which.</summary>
public sealed class ModelSignatureException(string message, Exception? inner = null) : Exception(message, inner);
