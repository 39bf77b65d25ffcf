using System.Buffers.Binary;

namespace DigitalTwin.Privacy.Quantisation;

/// <summary>Words as they travel and as they are hashed: eight bytes each, least significant first.</summary>
public static class WordCodec
{
    /// <summary>Eight bytes per word.</summary>
    public static byte[] ToBytes(ReadOnlySpan<ulong> words)
    {
        byte[] bytes = new byte[words.Length * sizeof(ulong)];
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)), words[i]);
        }

        return bytes;
    }

    /// <summary>Exactly <paramref name="words"/> words.</summary>
    /// <exception cref="ArgumentException"><paramref name="bytes"/> has another length.</exception>
    public static ulong[] FromBytes(ReadOnlySpan<byte> bytes, int words)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(words);

        // Before the allocation: a peer's length field must not decide how much memory is taken.
        if (bytes.Length != (long)words * sizeof(ulong))
        {
            throw new ArgumentException($"Expected {words} words of 8 bytes, got {bytes.Length} bytes.", nameof(bytes));
        }

        ulong[] decoded = new ulong[words];
        for (int i = 0; i < words; i++)
        {
            decoded[i] = BinaryPrimitives.ReadUInt64LittleEndian(bytes[(i * sizeof(ulong))..]);
        }

        return decoded;
    }
}
