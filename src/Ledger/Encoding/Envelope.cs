using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Encoding;

/// <summary>
/// A signed record: a DSSE envelope around an in-toto statement, kept as the very bytes that were received.
/// </summary>
/// <remarks>
/// https://github.com/secure-systems-lab/dsse/blob/master/protocol.md; exactly one signature, ECDSA P-256 over SHA-256.
/// The leaf of the log is the canonical JSON of the envelope.
/// </remarks>
public sealed class Envelope
{
    /// <summary>Largest leaf in bytes: a C2SP tlog-tiles entry has a 16-bit length.</summary>
    public const int MaxLeafBytes = ushort.MaxValue;

    private const string PayloadType = "application/vnd.in-toto+json";

    private readonly byte[] _payload;
    private readonly byte[] _signature;
    private (byte[] Key, bool Holds)? _ahead;

    private bool _isChecked;
    private RecordFormatException? _schemaProblem;
    private RecordHeader? _header;

    private Envelope(byte[] payload, Statement statement, string keyId, byte[] signature, ReadOnlyMemory<byte> leaf)
    {
        _payload = payload;
        _signature = signature;
        Statement = statement;
        KeyId = keyId;
        Leaf = leaf;
    }

    /// <summary>The record; <see cref="Verify"/> says whether the named key signed it.</summary>
    public Statement Statement { get; }

    /// <summary>Lower-case hex SHA-256 of the signer's SubjectPublicKeyInfo, as the envelope claims it.</summary>
    public string KeyId { get; }

    /// <summary>The bytes that enter the log.</summary>
    public ReadOnlyMemory<byte> Leaf { get; }

    /// <summary>The common fields of the record; read once.</summary>
    /// <exception cref="RecordFormatException">One is missing or malformed.</exception>
    internal RecordHeader Header => _header ??= RecordHeader.Of(Statement);

    /// <summary>Signs a statement.</summary>
    /// <exception cref="FormatException">
    /// The statement lies outside the canonical profile or makes too long a leaf.
    /// </exception>
    public static Envelope Sign(Statement statement, RecordKey key)
    {
        ArgumentNullException.ThrowIfNull(statement);
        ArgumentNullException.ThrowIfNull(key);
        byte[] payload = statement.Serialize();
        byte[] signature = key.Sign(PreAuthenticationEncoding(PayloadType, payload));
        byte[] leaf = CanonicalJson.Serialize(new JsonObject
        {
            ["payload"] = Convert.ToBase64String(payload),
            ["payloadType"] = PayloadType,
            ["signatures"] = new JsonArray(new JsonObject
            {
                ["keyid"] = key.KeyId,
                ["sig"] = Convert.ToBase64String(signature),
            }),
        });
        return Parse(leaf);
    }

    /// <summary>Reads a leaf; the signature is not yet verified and the fields not yet checked.</summary>
    /// <exception cref="FormatException">The leaf is not a canonical envelope around a canonical statement.</exception>
    public static Envelope Parse(ReadOnlyMemory<byte> leaf)
    {
        if (leaf.Length is 0 or > MaxLeafBytes)
        {
            throw new RecordFormatException("", $"must have 1 to {MaxLeafBytes} bytes, not {leaf.Length}.");
        }

        return TryParse(leaf) ?? ParseAsJson(leaf);
    }

    /// <summary>
    /// Whether the key signed this record; false also where the key is not the one the envelope names.
    /// </summary>
    /// <param name="subjectPublicKeyInfo">DER SubjectPublicKeyInfo of a P-256 key.</param>
    public bool Verify(ReadOnlySpan<byte> subjectPublicKeyInfo) =>
        _ahead is var (key, holds) && subjectPublicKeyInfo.SequenceEqual(key)
            ? holds
            : KeyId == RecordKey.KeyIdOf(subjectPublicKeyInfo)
                && RecordKey.Verify(subjectPublicKeyInfo, PreAuthenticationEncoding(PayloadType, _payload), _signature);

    /// <summary>
    /// Verifies with a key that is imported already, and remembers the answer for <see cref="Verify"/> with that key.
    /// </summary>
    /// <remarks>
    /// The answer follows from record and key alone, so whether the key counts can be decided later and elsewhere.
    /// </remarks>
    internal void VerifyAhead(RecordVerifier key, string keyId) => _ahead = (
        key.PublicKey,
        KeyId == keyId && key.Verify(PreAuthenticationEncoding(PayloadType, _payload), _signature));

    /// <summary>Holds the record against its row of the catalogue; the answer is remembered.</summary>
    /// <exception cref="RecordFormatException">The message names the record and the field.</exception>
    internal void RequireSchema()
    {
        CheckAhead();
        if (_schemaProblem is not null)
        {
            throw _schemaProblem;
        }
    }

    /// <summary>Answers <see cref="RequireSchema"/> and <see cref="Header"/> now, for whoever asks later.</summary>
    internal void CheckAhead()
    {
        if (_isChecked)
        {
            return;
        }

        try
        {
            RecordCatalogue.Check(Statement);
            _header = RecordHeader.Of(Statement);
        }
        catch (RecordFormatException problem)
        {
            _schemaProblem = problem;
        }

        _isChecked = true;
    }

    // DSSE signs PAE(type, body) = "DSSEv1" SP len(type) SP type SP len(body) SP body, so that a signed body cannot be
    // passed off as one of another type.
    internal static byte[] PreAuthenticationEncoding(string type, ReadOnlySpan<byte> body)
    {
        string head = string.Create(CultureInfo.InvariantCulture, $"DSSEv1 {type.Length} {type} {body.Length} ");
        return [.. System.Text.Encoding.ASCII.GetBytes(head), .. body];
    }

    private static Envelope? TryParse(ReadOnlyMemory<byte> leaf)
    {
        ReadOnlySpan<byte> bytes = leaf.Span;
        if (!EnvelopeLayout.TryRead(bytes, out Range payloadAt, out Range keyIdAt, out Range signatureAt)
            || StrictBase64.Decode(bytes[payloadAt]) is not byte[] payload
            || StrictBase64.Decode(bytes[signatureAt]) is not byte[] signature)
        {
            return null;
        }

        string keyId = System.Text.Encoding.Latin1.GetString(bytes[keyIdAt]);
        return PredicateReader.IsSha256(keyId)
            ? new Envelope(payload, Statement.Parse(payload), keyId, signature, leaf)
            : null;
    }

    private static Envelope ParseAsJson(ReadOnlyMemory<byte> leaf)
    {
        PredicateReader reader = PredicateReader.OfRoot(CanonicalJson.Parse(leaf.Span));
        reader.Only(["payload", "payloadType", "signatures"]);
        reader.Choice("payloadType", [PayloadType]);
        IReadOnlyList<PredicateReader> signatures = reader.Objects("signatures");
        if (signatures.Count != 1)
        {
            throw new RecordFormatException("signatures", "must hold exactly one signature.");
        }

        signatures[0].Only(["keyid", "sig"]);
        byte[] payload = Base64(reader.Source, "payload");
        byte[] signature = Base64(signatures[0].Source, "sig");
        string keyId = signatures[0].Sha256("keyid");
        return new Envelope(payload, Statement.Parse(payload), keyId, signature, leaf);
    }

    private static byte[] Base64(JsonObject source, string name) =>
        source[name] is JsonValue value && value.TryGetValue(out string? text)
        && StrictBase64.Decode(text) is byte[] bytes
            ? bytes
            : throw new RecordFormatException(name, "must be canonical base64.");
}
