using System.Buffers.Binary;
using System.Text;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Notes;

/// <summary>One signature line: <c>— name base64(keyHash‖signature)</c>.</summary>
public sealed record NoteSignature(string Name, uint KeyHash, ReadOnlyMemory<byte> Signature)
{
    /// <summary>An em dash and a space, which begin a signature line.</summary>
    internal const string Mark = "— ";

    private const int HashSize = sizeof(uint);

    /// <summary>Reads a line without its newline.</summary>
    /// <exception cref="NoteFormatException">The line is not a signature line in canonical form.</exception>
    public static NoteSignature Parse(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        string[] parts = line.StartsWith(Mark, StringComparison.Ordinal) ? line[Mark.Length..].Split(' ') : [];
        if (parts.Length != 2 || !NoteVerifierKey.IsName(parts[0])
            || StrictBase64.Decode(parts[1]) is not { Length: > HashSize } bytes)
        {
            throw new NoteFormatException("A signature line must be '— name base64'.");
        }

        return new NoteSignature(parts[0], BinaryPrimitives.ReadUInt32BigEndian(bytes), bytes.AsMemory(HashSize));
    }

    /// <summary>Whether this line claims to be by <paramref name="key"/>.</summary>
    public bool IsBy(NoteVerifierKey key)
    {
        ArgumentNullException.ThrowIfNull(key);
        return key.Name == Name && key.KeyHash == KeyHash;
    }

    /// <summary>The line, without a newline.</summary>
    public override string ToString()
    {
        byte[] bytes = new byte[HashSize + Signature.Length];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, KeyHash);
        Signature.CopyTo(bytes.AsMemory(HashSize));
        return $"{Mark}{Name} {Convert.ToBase64String(bytes)}";
    }
}

/// <summary>A text with signature lines under it (C2SP signed-note v1.0.0).</summary>
public sealed class SignedNote
{
    /// <summary>Largest note in bytes; a checkpoint with a hundred cosignatures has a tenth of it.</summary>
    public const int MaxBytes = 128 * 1024;

    /// <summary>Most signature lines; the specification asks to accept at least 16.</summary>
    public const int MaxSignatures = 256;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, true);

    private SignedNote(string text, IReadOnlyList<NoteSignature> signatures)
    {
        Text = text;
        Signatures = signatures;
    }

    /// <summary>The signed text, ending in a newline.</summary>
    public string Text { get; }

    /// <summary>The signature lines in their order, verified or not.</summary>
    public IReadOnlyList<NoteSignature> Signatures { get; }

    /// <summary>Signs <paramref name="text"/> as a log.</summary>
    public static SignedNote Sign(string text, string name, Ed25519Key key)
    {
        ArgumentNullException.ThrowIfNull(key);
        NoteVerifierKey verifier = NoteVerifierKey.Log(name, key.PublicKey);
        byte[] signature = key.Sign(System.Text.Encoding.UTF8.GetBytes(text));
        SignedNote note = new(text, [new NoteSignature(name, verifier.KeyHash, signature)]);
        return Parse(note.Format());
    }

    /// <summary>Reads a note from its bytes.</summary>
    /// <exception cref="NoteFormatException">The bytes are not a note in its one text form.</exception>
    public static SignedNote Parse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxBytes)
        {
            throw new NoteFormatException($"A note has at most {MaxBytes} bytes.");
        }

        try
        {
            return Parse(StrictUtf8.GetString(utf8));
        }
        catch (DecoderFallbackException error)
        {
            throw new NoteFormatException("A note must be UTF-8.", error);
        }
    }

    /// <summary>Reads a note from its text.</summary>
    /// <exception cref="NoteFormatException">The text is not a note in its one text form.</exception>
    public static SignedNote Parse(string note)
    {
        ArgumentNullException.ThrowIfNull(note);
        if (note.Length > MaxBytes || note.Any(c => c < ' ' && c != '\n') || note.Contains('\u007f'))
        {
            throw new NoteFormatException("A note must be short text without control characters.");
        }

        int split = note.LastIndexOf("\n\n", StringComparison.Ordinal);
        if (split < 0 || !note.EndsWith('\n') || split + 2 == note.Length)
        {
            throw new NoteFormatException("A note is a text, a blank line and signature lines.");
        }

        string[] lines = note[(split + 2)..^1].Split('\n');
        if (lines.Length > MaxSignatures)
        {
            throw new NoteFormatException($"A note has at most {MaxSignatures} signatures.");
        }

        return new SignedNote(note[..(split + 1)], [.. lines.Select(NoteSignature.Parse)]);
    }

    /// <summary>The note with one more signature line.</summary>
    public SignedNote With(NoteSignature signature) => new(Text, [.. Signatures, signature]);

    /// <summary>The note with only those signature lines that <paramref name="keep"/> accepts.</summary>
    public SignedNote Where(Func<NoteSignature, bool> keep) => new(Text, [.. Signatures.Where(keep)]);

    /// <summary>Those of <paramref name="known"/> that signed this note; lines of other keys are ignored.</summary>
    /// <exception cref="NoteFormatException">
    /// A line claims to be by a known key and is not: the whole note is suspect.
    /// </exception>
    public IReadOnlyList<NoteVerifierKey> VerifiedBy(IEnumerable<NoteVerifierKey> known)
    {
        ArgumentNullException.ThrowIfNull(known);
        List<NoteVerifierKey> verified = [];
        foreach (NoteVerifierKey key in known.Distinct())
        {
            NoteSignature[] claims = [.. Signatures.Where(signature => signature.IsBy(key))];
            if (!claims.All(claim => key.Verify(Text, claim.Signature.Span)))
            {
                throw new NoteFormatException($"A signature line of {key.Name} does not hold.");
            }

            if (claims.Length > 0)
            {
                verified.Add(key);
            }
        }

        return verified;
    }

    /// <summary>The text form, which <see cref="Parse(string)"/> reads.</summary>
    public string Format()
    {
        StringBuilder note = new(Text);
        note.Append('\n');
        foreach (NoteSignature signature in Signatures)
        {
            note.Append(signature).Append('\n');
        }

        return note.ToString();
    }

    /// <summary>The UTF-8 bytes of <see cref="Format"/>.</summary>
    public byte[] ToBytes() => StrictUtf8.GetBytes(Format());

    /// <inheritdoc/>
    public override string ToString() => Format();
}

/// <summary>A note, checkpoint or verifier key is malformed, or a known key's signature fails.</summary>
public sealed class NoteFormatException(string message, Exception? inner = null) : FormatException(message, inner);
