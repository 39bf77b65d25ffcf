using System.Globalization;
using System.Net;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.Ledger.Tiles;

namespace DigitalTwin.Ledger.Witnessing;

/// <summary>A log's side of the witness protocol: asks one witness to cosign.</summary>
/// <remarks>C2SP tlog-witness v1.0.0. One caller at a time.</remarks>
/// <param name="http">Stays the caller's, and with it time limits and trust.</param>
/// <param name="prefix">The submission prefix of the witness.</param>
/// <param name="witness">Its key; lines of other keys are ignored.</param>
public sealed class WitnessClient(HttpClient http, Uri prefix, NoteVerifierKey witness)
{
    // The first answer may tell the size the witness has; a second conflict means that someone else is faster.
    private const int MostTries = 3;

    private readonly Dictionary<string, long> _sizes = new(StringComparer.Ordinal);

    /// <summary>The key of the witness.</summary>
    public NoteVerifierKey Witness => witness;

    /// <summary>The verified cosignature of a signed head of <paramref name="log"/>.</summary>
    /// <exception cref="WitnessRefusedException">
    /// It refuses: it does not know the log, has cosigned a larger head, or sees no consistent growth.
    /// </exception>
    /// <exception cref="HttpRequestException">It does not answer.</exception>
    public async Task<NoteSignature> CosignAsync(SignedNote head, EntryLog log, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(head);
        ArgumentNullException.ThrowIfNull(log);
        Checkpoint checkpoint = Checkpoint.Parse(head.Text);
        long old = _sizes.GetValueOrDefault(checkpoint.Origin);
        for (int attempt = 1; ; attempt++)
        {
            if (old > checkpoint.Size)
            {
                throw new WitnessRefusedException(
                    $"{witness.Name} cosigned {old} entries of {checkpoint.Origin} already, more than "
                    + $"{checkpoint.Size}: the newer entries are lost here, or another copy of this log is running.");
            }

            IReadOnlyList<MerkleHash> proof = log.ConsistencyProof(old, checkpoint.Size);
            AddCheckpointRequest request = new(old, proof, head);
            (HttpStatusCode status, string body) = await PostAsync(request, cancellationToken);
            if (status == HttpStatusCode.OK)
            {
                _sizes[checkpoint.Origin] = checkpoint.Size;
                return LineOf(head, body);
            }

            // A conflict over the size that was named is about the root: the witness has seen another tree.
            bool other = TrySize(body, out long size) && size != old;
            if (status != HttpStatusCode.Conflict || !other || attempt == MostTries)
            {
                throw new WitnessRefusedException(
                    $"{witness.Name} does not cosign {checkpoint.Origin} at {checkpoint.Size} entries: "
                    + $"status {(int)status}, {FirstLine(body)}");
            }

            old = size;
        }
    }

    private static bool TrySize(string body, out long size) => long.TryParse(
        body.TrimEnd('\n'), NumberStyles.None, CultureInfo.InvariantCulture, out size);

    // What a stranger sends goes into a log line: one line of it, short, printable.
    private static string FirstLine(string body)
    {
        string line = body.Split('\n')[0];
        return new string([.. line.Take(200).Where(c => c is >= ' ' and < '\u007f')]);
    }

    private NoteSignature LineOf(SignedNote head, string body)
    {
        try
        {
            foreach (string line in body.TrimEnd('\n').Split('\n').Take(SignedNote.MaxSignatures))
            {
                NoteSignature signature = NoteSignature.Parse(line);
                if (signature.IsBy(witness) && witness.Verify(head.Text, signature.Signature.Span))
                {
                    return signature;
                }
            }
        }
        catch (NoteFormatException)
        {
            // Told below, as an answer without the line that was asked for.
        }

        throw new WitnessRefusedException($"{witness.Name} answered without a valid cosignature of its own.");
    }

    private async Task<(HttpStatusCode Status, string Body)> PostAsync(
        AddCheckpointRequest request, CancellationToken cancellationToken)
    {
        Uri root = prefix.AbsoluteUri.EndsWith('/') ? prefix : new Uri(prefix.AbsoluteUri + "/");
        using HttpRequestMessage post = new(HttpMethod.Post, new Uri(root, "add-checkpoint"))
        {
            Content = new ByteArrayContent(System.Text.Encoding.UTF8.GetBytes(request.Format())),
        };
        using HttpResponseMessage answer =
            await http.SendAsync(post, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        await using Stream body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        byte[] bytes = await TileSources.ReadBoundedAsync(body, SignedNote.MaxBytes, cancellationToken);
        return (answer.StatusCode, System.Text.Encoding.UTF8.GetString(bytes));
    }
}

/// <summary>A witness answered, and does not cosign.</summary>
public sealed class WitnessRefusedException(string message) : Exception(message);
