using System.Globalization;
using System.Text;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Witnessing;

/// <summary>What a log sends to a witness: a checkpoint and the proof that it continues an older one.</summary>
/// <remarks>The body of <c>add-checkpoint</c>, C2SP tlog-witness v1.0.0.</remarks>
/// <param name="OldSize">Size of the checkpoint that the witness cosigned last, as the log believes.</param>
/// <param name="Proof">Consistency proof from there; empty for size 0.</param>
/// <param name="Checkpoint">The checkpoint, signed by the log.</param>
public sealed record AddCheckpointRequest(
    long OldSize, IReadOnlyList<MerkleHash> Proof, SignedNote Checkpoint)
{
    /// <summary>Most bytes of a body: a note and 63 hashes with the line before them.</summary>
    public const int MaxBytes = SignedNote.MaxBytes + (4 * 1024);

    // "The client MUST NOT send more than 63 consistency proof lines."
    private const int MaxHashes = 63;
    private const string OldMark = "old ";

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, true);

    /// <summary>Reads a body.</summary>
    /// <exception cref="NoteFormatException">The bytes are no such request.</exception>
    public static AddCheckpointRequest Parse(ReadOnlySpan<byte> body)
    {
        if (body.Length > MaxBytes)
        {
            throw new NoteFormatException($"A request has at most {MaxBytes} bytes.");
        }

        try
        {
            string text = StrictUtf8.GetString(body);
            int split = text.IndexOf("\n\n", StringComparison.Ordinal);
            string[] lines = split < 0 ? [""] : text[..split].Split('\n');
            return new AddCheckpointRequest(
                HashLines.Number(lines[0], OldMark),
                HashLines.Parse(lines[1..], MaxHashes),
                SignedNote.Parse(text[(split + 2)..]));
        }
        catch (DecoderFallbackException error)
        {
            throw new NoteFormatException("A request must be UTF-8.", error);
        }
    }

    /// <summary>The body, which <see cref="Parse"/> reads.</summary>
    public string Format()
    {
        StringBuilder body = new();
        body.Append(CultureInfo.InvariantCulture, $"{OldMark}{OldSize}\n");
        foreach (MerkleHash hash in Proof)
        {
            body.Append(hash).Append('\n');
        }

        return body.Append('\n').Append(Checkpoint.Format()).ToString();
    }
}
