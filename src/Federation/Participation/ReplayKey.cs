using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Participation;

/// <summary>
/// The secret from which a node draws batches, noise and salts, so that it can recompute what it sent.
/// </summary>
/// <remarks>
/// It never leaves the node: whoever knows it can subtract the node's noise. Streams are separated by study document,
/// round, attempt and base model, so no two releases ever share noise.
/// </remarks>
public sealed class ReplayKey
{
    /// <summary>Length of the key in bytes.</summary>
    public const int Size = 32;

    private readonly byte[] _key;

    public ReplayKey(ReadOnlySpan<byte> key)
    {
        if (key.Length != Size)
        {
            throw new ArgumentException($"Expected {Size} bytes, got {key.Length}.", nameof(key));
        }

        _key = key.ToArray();
    }

    /// <summary>The noise stream of one attempt.</summary>
    public SeededRandomBits Noise(string document, int round, int attempt, string baseModel) =>
        new(_key, string.Create(CultureInfo.InvariantCulture, $"noise/{document}/{round}/{attempt}/{baseModel}"));

    /// <summary>The mini-batch stream of one round.</summary>
    public PhiloxStream Batches(string document, int round, string baseModel)
    {
        byte[] seed = Derive(string.Create(CultureInfo.InvariantCulture, $"batches/{document}/{round}/{baseModel}"));
        return new PhiloxStream(BitConverter.ToUInt64(seed, 0), BitConverter.ToUInt64(seed, sizeof(ulong)));
    }

    /// <summary>The salt of the commitment of one attempt; deleting the key makes the commitment unlinkable.</summary>
    public byte[] Salt(string document, int round, int attempt) =>
        Derive(string.Create(CultureInfo.InvariantCulture, $"salt/{document}/{round}/{attempt}"));

    private byte[] Derive(string purpose) => HMACSHA256.HashData(_key, Encoding.UTF8.GetBytes(purpose));
}
