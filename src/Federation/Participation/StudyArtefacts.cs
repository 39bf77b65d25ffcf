using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Federation.Participation;

/// <summary>
/// Documents, models and other artefacts of studies: from this node's disk, else from the coordinator.
/// </summary>
internal sealed class StudyArtefacts(ArtefactStore store, StudyNetwork network)
{
    private readonly Dictionary<string, StudyDocument> _documents = new(StringComparer.Ordinal);

    public ArtefactStore Store => store;

    /// <summary>A document that has been read before; null otherwise.</summary>
    public StudyDocument? KnownDocument(string sha256) => _documents.GetValueOrDefault(sha256);

    /// <summary>The study document with this digest.</summary>
    /// <exception cref="FormatException">The bytes are no study document.</exception>
    public async Task<StudyDocument> DocumentAsync(string sha256, CancellationToken cancellationToken)
    {
        if (!_documents.TryGetValue(sha256, out StudyDocument? document))
        {
            byte[] bytes = await ReadAsync(sha256, cancellationToken);
            document = StudyDocument.Parse(bytes);
            store.Put(bytes);
            _documents.Add(sha256, document);
        }

        return document;
    }

    /// <summary>The model state with this digest.</summary>
    public async Task<ModelState> ModelAsync(StudyProgram program, string sha256, CancellationToken cancellationToken)
    {
        ModelState initial = program.Initial();
        if (initial.Sha256() == sha256)
        {
            return initial;
        }

        byte[] bytes = await ReadAsync(sha256, cancellationToken);
        store.Put(bytes);
        return ModelState.Parse(bytes);
    }

    /// <summary>
    /// Brings artefacts to this node's disk, where they stay: its copy of the ledger can be audited without the
    /// coordinator.
    /// </summary>
    public async Task KeepAsync(IEnumerable<string> digests, CancellationToken cancellationToken)
    {
        foreach (string digest in digests)
        {
            if (!store.Has(digest))
            {
                store.Put(await network.FetchAsync(digest, cancellationToken));
            }
        }
    }

    private async Task<byte[]> ReadAsync(string sha256, CancellationToken cancellationToken) =>
        store.Get(sha256) ?? await network.FetchAsync(sha256, cancellationToken);
}
