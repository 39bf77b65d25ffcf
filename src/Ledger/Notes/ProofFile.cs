using System.Globalization;
using System.Text;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.Ledger.Notes;

/// <summary>
/// Proof, for one who has nothing but a policy, that an entry is in a log: a <c>.tlog-proof</c> file.
/// </summary>
/// <remarks>
/// C2SP tlog-proof v1. The checkpoint stands in it verbatim with all its signature lines; checkpoints with extension
/// lines are refused, as everywhere here.
/// </remarks>
public sealed class ProofFile
{
    /// <summary>Largest file in bytes: a note, its proof, and as much extra data again.</summary>
    public const int MaxBytes = 2 * SignedNote.MaxBytes;

    private const string FirstLine = "c2sp.org/tlog-proof@v1";
    private const string ExtraMark = "extra ";
    private const string IndexMark = "index ";

    // The audit path of a tree of 2^63 leaves.
    private const int MaxHashes = 63;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, true);

    private ProofFile(
        long index,
        IReadOnlyList<MerkleHash> proof,
        SignedNote checkpoint,
        Checkpoint head,
        ReadOnlyMemory<byte>? extra)
    {
        Index = index;
        Proof = proof;
        Checkpoint = checkpoint;
        Head = head;
        Extra = extra;
    }

    /// <summary>Index of the entry, from zero.</summary>
    public long Index { get; }

    /// <summary>The audit path, leaf first.</summary>
    public IReadOnlyList<MerkleHash> Proof { get; }

    /// <summary>The checkpoint with its cosignatures.</summary>
    public SignedNote Checkpoint { get; }

    /// <summary>What the checkpoint says.</summary>
    public Checkpoint Head { get; }

    /// <summary>Opaque data of the application, which nothing authenticates; null where there is none.</summary>
    public ReadOnlyMemory<byte>? Extra { get; }

    /// <summary>The proof of one entry under a checkpoint of its log.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The checkpoint does not cover the entry.</exception>
    public static ProofFile Of(EntryLog log, long index, SignedNote checkpoint)
    {
        ArgumentNullException.ThrowIfNull(log);
        ArgumentNullException.ThrowIfNull(checkpoint);
        Checkpoint head = Notes.Checkpoint.Parse(checkpoint.Text);
        return new ProofFile(index, log.InclusionProof(index, head.Size), checkpoint, head, extra: null);
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="NoteFormatException">The bytes are not a proof in its one text form.</exception>
    public static ProofFile Parse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxBytes)
        {
            throw new NoteFormatException($"A proof file has at most {MaxBytes} bytes.");
        }

        try
        {
            return Parse(StrictUtf8.GetString(utf8));
        }
        catch (DecoderFallbackException error)
        {
            throw new NoteFormatException("A proof file must be UTF-8.", error);
        }
    }

    /// <summary>Null where the entry is proven, else the sentence that says why not.</summary>
    /// <param name="leafHash"><see cref="Rfc6962.Leaf"/> of the entry.</param>
    /// <param name="policy">The logs and the witnesses that the reader trusts.</param>
    public string? Refuses(MerkleHash leafHash, PolicyFile policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        if (policy.Refuses(Checkpoint) is string refusal)
        {
            return refusal;
        }

        return MerkleProof.VerifyInclusion(leafHash, Index, Head.Size, Proof, Head.Root)
            ? null
            : $"The entry is not entry {Index} of the {Head.Size} entries of {Head.Origin}.";
    }

    /// <summary>The text form, which <see cref="Parse(ReadOnlySpan{byte})"/> reads.</summary>
    public string Format()
    {
        StringBuilder file = new(FirstLine + "\n");
        if (Extra is { } extra)
        {
            file.Append(ExtraMark).Append(Convert.ToBase64String(extra.Span)).Append('\n');
        }

        file.Append(CultureInfo.InvariantCulture, $"{IndexMark}{Index}\n");
        foreach (MerkleHash hash in Proof)
        {
            file.Append(hash).Append('\n');
        }

        return file.Append('\n').Append(Checkpoint.Format()).ToString();
    }

    private static ProofFile Parse(string text)
    {
        int split = text.IndexOf("\n\n", StringComparison.Ordinal);
        string[] lines = split < 0 ? [] : text[..split].Split('\n');
        string second = lines.Length > 1 ? lines[1] : "";
        byte[]? extra = second.StartsWith(ExtraMark, StringComparison.Ordinal)
            ? StrictBase64.Decode(second.AsSpan(ExtraMark.Length))
                ?? throw new NoteFormatException("The extra data of a proof file must be base64.")
            : null;
        string[] rest = lines[int.Min(extra is null ? 1 : 2, lines.Length)..];
        if (lines.Length == 0 || lines[0] != FirstLine || rest.Length == 0)
        {
            throw new NoteFormatException($"A proof file is '{FirstLine}', an index, hashes and a checkpoint.");
        }

        MerkleHash[] proof = HashLines.Parse(rest[1..], MaxHashes);
        SignedNote checkpoint = SignedNote.Parse(text[(split + 2)..]);
        ProofFile file = new(
            HashLines.Number(rest[0], IndexMark),
            proof,
            checkpoint,
            Notes.Checkpoint.Parse(checkpoint.Text),
            extra is null ? default(ReadOnlyMemory<byte>?) : extra);
        return file.Format() == text
            ? file
            : throw new NoteFormatException("The proof file is not in canonical form.");
    }
}
