using System.Text;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Forks;

/// <summary>Two signed heads of one log that cannot both be true, with what it takes to see it.</summary>
/// <remarks>
/// Heads of one size contradict each other by their roots alone. Where the sizes differ, the file names the root that
/// the larger tree had at the smaller size and proves it by a consistency proof (RFC 6962, section 2.1.2); another
/// root is signed there. Whoever has the key of the log needs nothing else. The text form is ours, since no
/// specification has one: <c>digitaltwin.dev/fork-proof@v1</c>; for different sizes a line <c>prefix</c> with the
/// root, then the hashes of the proof; a blank line; the smaller head; a blank line; the larger head.
/// </remarks>
public sealed class ForkProof
{
    /// <summary>Largest file in bytes: two notes and a proof between them.</summary>
    public const int MaxBytes = (2 * SignedNote.MaxBytes) + (8 * 1024);

    private const string FirstLine = "digitaltwin.dev/fork-proof@v1";
    private const string PrefixMark = "prefix ";
    private const string Blank = "\n\n";

    // RFC 6962 needs at most one hash a level and one more.
    private const int MaxHashes = 64;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, true);

    private ForkProof(SignedNote smaller, SignedNote larger, MerkleHash? prefix, IReadOnlyList<MerkleHash> proof)
    {
        Smaller = smaller;
        Larger = larger;
        Prefix = prefix;
        Proof = proof;
    }

    /// <summary>The head over fewer entries, or the first of two over as many.</summary>
    public SignedNote Smaller { get; }

    /// <summary>The head over more entries.</summary>
    public SignedNote Larger { get; }

    /// <summary>The root that the larger tree had at the smaller size; null for equal sizes.</summary>
    public MerkleHash? Prefix { get; }

    /// <summary>The proof that the larger tree continues the tree of <see cref="Prefix"/>.</summary>
    public IReadOnlyList<MerkleHash> Proof { get; }

    /// <summary>The proof of two heads over as many entries.</summary>
    public static ForkProof OfEqualSizes(SignedNote one, SignedNote other) => new(one, other, prefix: null, []);

    /// <summary>The proof of two heads over different numbers of entries.</summary>
    public static ForkProof Of(
        SignedNote smaller, SignedNote larger, MerkleHash prefix, IReadOnlyList<MerkleHash> proof) =>
        new(smaller, larger, prefix, proof);

    /// <summary>Reads a file.</summary>
    /// <exception cref="NoteFormatException">The bytes are not a fork proof in its one text form.</exception>
    public static ForkProof Parse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxBytes)
        {
            throw new NoteFormatException($"A fork proof has at most {MaxBytes} bytes.");
        }

        try
        {
            return Parse(StrictUtf8.GetString(utf8));
        }
        catch (DecoderFallbackException error)
        {
            throw new NoteFormatException("A fork proof must be UTF-8.", error);
        }
    }

    /// <summary>Null where the log is convicted, else the sentence that says why not.</summary>
    /// <param name="log">Key of the log, learnt elsewhere.</param>
    public string? Refuses(NoteVerifierKey log)
    {
        ArgumentNullException.ThrowIfNull(log);
        try
        {
            return Refuses(HeadOf(Smaller, log), HeadOf(Larger, log));
        }
        catch (NoteFormatException error)
        {
            return error.Message;
        }
    }

    /// <summary>The text form, which <see cref="Parse(ReadOnlySpan{byte})"/> reads.</summary>
    public string Format()
    {
        StringBuilder file = new(FirstLine + "\n");
        if (Prefix is { } prefix)
        {
            file.Append(PrefixMark).Append(prefix).Append('\n');
            foreach (MerkleHash hash in Proof)
            {
                file.Append(hash).Append('\n');
            }
        }

        return file.Append('\n').Append(Smaller.Format()).Append('\n').Append(Larger.Format()).ToString();
    }

    private static ForkProof Parse(string text)
    {
        // A checkpoint is three lines without a blank one, so the parts lie between the first four blank lines.
        string[] parts = text.Split(Blank);
        if (parts.Length != 5)
        {
            throw new NoteFormatException($"A fork proof is '{FirstLine}', a proof and two checkpoints.");
        }

        string[] lines = parts[0].Split('\n');
        if (lines[0] != FirstLine
            || (lines.Length > 1 && !lines[1].StartsWith(PrefixMark, StringComparison.Ordinal)))
        {
            throw new NoteFormatException($"A fork proof begins with '{FirstLine}' and a prefix.");
        }

        MerkleHash? prefix = lines.Length > 1
            ? HashLines.Parse([lines[1][PrefixMark.Length..]], most: 1)[0]
            : null;
        ForkProof proof = new(
            SignedNote.Parse($"{parts[1]}{Blank}{parts[2]}\n"),
            SignedNote.Parse($"{parts[3]}{Blank}{parts[4]}"),
            prefix,
            HashLines.Parse(lines[int.Min(2, lines.Length)..], MaxHashes));
        Checkpoint.Parse(proof.Smaller.Text);
        Checkpoint.Parse(proof.Larger.Text);
        return proof.Format() == text
            ? proof
            : throw new NoteFormatException("The fork proof is not in canonical form.");
    }

    private static Checkpoint HeadOf(SignedNote note, NoteVerifierKey log)
    {
        Checkpoint head = Checkpoint.Parse(note.Text);
        return note.VerifiedBy([log]).Count == 1 && head.Origin == log.Name
            ? head
            : throw new NoteFormatException($"A head of the fork proof is not signed by the log {log.Name}.");
    }

    private string? Refuses(Checkpoint smaller, Checkpoint larger)
    {
        if (smaller.Size == larger.Size)
        {
            return smaller.Root == larger.Root ? "Both heads are the same." : null;
        }

        if (smaller.Size > larger.Size || Prefix is not { } prefix)
        {
            return "The heads are in the wrong order, or what the larger tree held before is missing.";
        }

        if (prefix == smaller.Root)
        {
            return $"The head over {larger.Size} entries continues the head over {smaller.Size}: they agree.";
        }

        return MerkleProof.VerifyConsistency(smaller.Size, larger.Size, prefix, larger.Root, Proof)
            ? null
            : $"The proof does not show what the tree of {larger.Size} entries held at {smaller.Size}.";
    }
}
