using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Notes;

/// <summary>What the key of a note signs: the note itself, or a note at a time.</summary>
public enum NoteKeyType : byte
{
    /// <summary>Ed25519 over the text: a log.</summary>
    Log = 0x01,

    /// <summary>Ed25519 over time and text, cosignature/v1: a witness.</summary>
    Witness = 0x04,
}

/// <summary>
/// The public key that verifies a signature line, in the text form <c>name+hash+base64(type‖key)</c>.
/// </summary>
/// <remarks>C2SP signed-note v1.0.0, section "Verifier keys"; types as in C2SP tlog-cosignature v1.0.1.</remarks>
public sealed record NoteVerifierKey
{
    private NoteVerifierKey(string name, NoteKeyType type, byte[] publicKey)
    {
        Name = name;
        Type = type;
        PublicKey = publicKey;

        byte[] input = [.. System.Text.Encoding.UTF8.GetBytes(name), (byte)'\n', (byte)type, .. publicKey];
        KeyHash = BinaryPrimitives.ReadUInt32BigEndian(SHA256.HashData(input));
    }

    /// <summary>Key name, for example <c>twin.example/demo/data</c>.</summary>
    public string Name { get; }

    /// <summary>Kind of signature.</summary>
    public NoteKeyType Type { get; }

    /// <summary>The Ed25519 public key, 32 bytes.</summary>
    public byte[] PublicKey { get; }

    /// <summary>
    /// The first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ key): a signature line names its key by it.
    /// </summary>
    public uint KeyHash { get; }

    /// <summary>A key of a log.</summary>
    public static NoteVerifierKey Log(string name, byte[] publicKey) => Of(name, NoteKeyType.Log, publicKey);

    /// <summary>A key of a witness.</summary>
    public static NoteVerifierKey Witness(string name, byte[] publicKey) => Of(name, NoteKeyType.Witness, publicKey);

    /// <summary>
    /// Whether a name can stand in a signature line: no white space, no plus sign, no control character.
    /// </summary>
    public static bool IsName(string name) =>
        name.Length > 0 && name != "." && !name.Any(c => char.IsWhiteSpace(c) || char.IsControl(c) || c == '+');

    /// <summary>Reads the text form.</summary>
    /// <exception cref="NoteFormatException">
    /// The text is no verifier key, or its hash is not that of its name and key.
    /// </exception>
    public static NoteVerifierKey Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);

        // Base64 may hold further plus signs, the name and the hash may not.
        string[] parts = text.Split('+', 3);
        if (parts.Length != 3 || StrictBase64.Decode(parts[2]) is not { Length: 1 + Ed25519.PublicKeySize } typed)
        {
            throw new NoteFormatException($"'{text}' is not a verifier key.");
        }

        NoteVerifierKey key = Of(parts[0], (NoteKeyType)typed[0], typed[1..]);
        return key.ToString() == text
            ? key
            : throw new NoteFormatException($"The verifier key '{text}' carries another key's hash.");
    }

    /// <summary>
    /// Whether <paramref name="signature"/>, the bytes after the key hash, signs <paramref name="text"/>.
    /// </summary>
    public bool Verify(string text, ReadOnlySpan<byte> signature) => Type == NoteKeyType.Log
        ? Ed25519.Verify(PublicKey, System.Text.Encoding.UTF8.GetBytes(text), signature)
        : Cosignature.Verify(PublicKey, text, signature);

    /// <inheritdoc/>
    public bool Equals(NoteVerifierKey? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override int GetHashCode() => KeyHash.GetHashCode();

    /// <summary>The text form.</summary>
    public override string ToString()
    {
        string key = Convert.ToBase64String([(byte)Type, .. PublicKey]);
        return string.Create(CultureInfo.InvariantCulture, $"{Name}+{KeyHash:x8}+{key}");
    }

    private static NoteVerifierKey Of(string name, NoteKeyType type, byte[] publicKey)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(publicKey);
        if (!IsName(name) || !Enum.IsDefined(type) || publicKey.Length != Ed25519.PublicKeySize)
        {
            throw new NoteFormatException($"'{name}' with {publicKey.Length} bytes of type {(byte)type} is no key.");
        }

        return new NoteVerifierKey(name, type, publicKey);
    }
}
