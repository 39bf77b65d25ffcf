using System.Buffers.Binary;
using System.Globalization;

namespace DigitalTwin.Ledger.Notes;

/// <summary>
/// A witness's signature that it saw a checkpoint at a time (C2SP tlog-cosignature v1.0.1, type 0x04).
/// </summary>
/// <remarks>
/// The signature bytes are the time as a big-endian 64-bit number of Unix seconds, then 64 bytes of Ed25519.
/// </remarks>
public static class Cosignature
{
    private const int TimeSize = sizeof(ulong);

    private static readonly long MaxSeconds = DateTimeOffset.MaxValue.ToUnixTimeSeconds();

    /// <summary>Signs <paramref name="checkpointText"/> as the witness <paramref name="name"/>.</summary>
    public static NoteSignature Sign(string checkpointText, string name, Ed25519Key key, DateTimeOffset time)
    {
        ArgumentNullException.ThrowIfNull(key);
        long seconds = time.ToUnixTimeSeconds();
        byte[] signature = new byte[TimeSize + Ed25519.SignatureSize];
        BinaryPrimitives.WriteInt64BigEndian(signature, seconds);
        key.Sign(Message(checkpointText, seconds)).CopyTo(signature, TimeSize);
        return new NoteSignature(name, NoteVerifierKey.Witness(name, key.PublicKey).KeyHash, signature);
    }

    /// <summary>When the witness says it signed.</summary>
    /// <exception cref="NoteFormatException">The line is not a cosignature.</exception>
    public static DateTimeOffset TimeOf(NoteSignature signature)
    {
        ArgumentNullException.ThrowIfNull(signature);
        ReadOnlySpan<byte> bytes = signature.Signature.Span;
        return bytes.Length == TimeSize + Ed25519.SignatureSize && SecondsOf(bytes) >= 0
            ? DateTimeOffset.FromUnixTimeSeconds(long.Min(SecondsOf(bytes), MaxSeconds))
            : throw new NoteFormatException("The signature line is not a cosignature.");
    }

    internal static bool Verify(ReadOnlySpan<byte> publicKey, string text, ReadOnlySpan<byte> signature) =>
        signature.Length == TimeSize + Ed25519.SignatureSize
        && SecondsOf(signature) >= 0
        && Ed25519.Verify(publicKey, Message(text, SecondsOf(signature)), signature[TimeSize..]);

    private static long SecondsOf(ReadOnlySpan<byte> signature) => BinaryPrimitives.ReadInt64BigEndian(signature);

    private static byte[] Message(string text, long seconds) => System.Text.Encoding.UTF8.GetBytes(
        string.Create(CultureInfo.InvariantCulture, $"cosignature/v1\ntime {seconds}\n{text}"));
}
