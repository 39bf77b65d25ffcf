using System.Security.Cryptography;
using DigitalTwin.Federation.Rounds;

namespace DigitalTwin.Federation.Simulation;

/// <summary>Content-addressed artefacts that are gone with the process.</summary>
public sealed class InMemoryArtefacts
{
    private readonly Dictionary<string, byte[]> _artefacts = new(StringComparer.Ordinal);

    /// <summary>These artefacts as the store that a conductor or a participant takes.</summary>
    public ArtefactStore Store => new(Get, Put);

    /// <summary>All artefacts by digest.</summary>
    public IReadOnlyDictionary<string, byte[]> All => _artefacts;

    /// <summary>The artefact with this digest, or null.</summary>
    public byte[]? Get(string sha256) => _artefacts.GetValueOrDefault(sha256);

    /// <summary>Keeps an artefact and returns its digest.</summary>
    public string Put(byte[] artefact)
    {
        string digest = Convert.ToHexStringLower(SHA256.HashData(artefact));
        _artefacts[digest] = artefact;
        return digest;
    }
}
