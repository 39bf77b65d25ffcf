using DigitalTwin.Coordinator.Ledgers;
using DigitalTwin.Federation.Protection;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Coordinator.Artefacts;

/// <summary>
/// Takes artefacts in chunks. Only what a record of the same member has named is taken, up to the named size.
/// </summary>
internal sealed class UploadDesk(ConsortiumLedger ledger)
{
    /// <summary>Largest chunk in bytes.</summary>
    public const int MostChunkBytes = 1 << 20;

    /// <summary>Largest text, proof or evidence in bytes.</summary>
    public const int MostEvidenceBytes = 8 << 20;

    /// <summary>Largest artefact in bytes that a restored coordinator takes back.</summary>
    public const int MostWantedBytes = 256 << 20;

    private readonly Dictionary<(string Member, string Sha256), byte[]> _partial = [];
    private readonly Dictionary<(string Member, string Sha256), int> _held = [];
    private readonly Lock _gate = new();

    /// <summary>Takes one chunk.</summary>
    /// <returns>The offset that is wanted next, or −1 with the reason.</returns>
    public long Put(
        Member member,
        string sha256,
        long totalBytes,
        long offset,
        ReadOnlySpan<byte> chunk,
        out string refusal)
    {
        refusal = ExpectedBytes(member, sha256) is not { } most ? "No record of yours names this artefact."
            : totalBytes < 1 || totalBytes > most ? $"The artefact has at most {most} bytes, not {totalBytes}."
            : chunk.Length > MostChunkBytes ? $"A chunk has at most {MostChunkBytes} bytes."
            : "";
        if (refusal.Length > 0)
        {
            return -1;
        }

        if (ledger.Blobs.Has(sha256))
        {
            return totalBytes;
        }

        byte[] complete;
        lock (_gate)
        {
            (string, string) key = (member.Id, sha256);
            if (!_partial.TryGetValue(key, out byte[]? bytes) || bytes.Length != totalBytes)
            {
                bytes = new byte[totalBytes];
                _partial[key] = bytes;
                _held[key] = 0;
            }

            int held = _held[key];
            if (offset != held || chunk.Length > totalBytes - held)
            {
                return held;
            }

            chunk.CopyTo(bytes.AsSpan(held));
            held += chunk.Length;
            _held[key] = held;
            if (held < totalBytes)
            {
                return held;
            }

            _partial.Remove(key);
            _held.Remove(key);
            complete = bytes;
        }

        string digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(complete));
        if (digest != sha256)
        {
            refusal = $"The bytes have the digest {digest}, not {sha256}; send them again.";
            return -1;
        }

        ledger.Blobs.Put(complete);
        ledger.Changes.Raise();
        return totalBytes;
    }

    private long? ExpectedBytes(Member member, string sha256)
    {
        lock (ledger.Gate)
        {
            if (ledger.IsAnnounced(member.Id, sha256))
            {
                return MostEvidenceBytes;
            }

            if (member.Role == Role.Hospital && ledger.IsWanted(sha256))
            {
                return MostWantedBytes;
            }

            foreach (StudyState study in ledger.Studies.Studies)
            {
                if (member.Role == Role.Researcher && study.Closing is null && study.Document == sha256)
                {
                    return StudyDocument.MostBytes;
                }

                if (study.Current is { } round && AnnouncedBytes(study, round, member.Id, sha256) is { } announced)
                {
                    return announced;
                }
            }
        }

        return null;
    }

    // An addend has one size. Bundles and openings were held to their largest size when their record was taken.
    private static long? AnnouncedBytes(StudyState study, RoundState round, string site, string sha256) =>
        round.Phase is RoundPhase.Uploading or RoundPhase.Opening or RoundPhase.Attesting or RoundPhase.Final
            && round.Commitments.GetValueOrDefault(site) == sha256
                ? ArtefactSizes.OfAddend(study, round)
                : AnnouncedBytes(round.Bundles, site, sha256) ?? AnnouncedBytes(round.Openings, site, sha256);

    private static long? AnnouncedBytes(
        IReadOnlyDictionary<string, AnnouncedArtefact> announced, string site, string sha256) =>
        announced.TryGetValue(site, out AnnouncedArtefact? artefact) && artefact.Sha256 == sha256
            ? artefact.Bytes
            : null;
}
