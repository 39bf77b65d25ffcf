using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.Blake2;

/// <summary>The hash function BLAKE2b (RFC 7693), keyed or not, with the parameter block that BLAKE2X needs.</summary>
/// <remarks>
/// The class library has no BLAKE2. Additions are modulo 2^64 by definition. There is no table look-up and no branch
/// that depends on the message or the key; the state is wiped, because a key may be a secret.
/// </remarks>
internal static class Blake2b
{
    /// <summary>Bytes of one message block (RFC 7693, section 2.1: bb).</summary>
    internal const int BlockBytes = 128;

    /// <summary>Longest digest and longest key in bytes (RFC 7693, section 2.1).</summary>
    internal const int MostDigestBytes = 64;

    private const int Words = 8;
    private const int WorkingWords = 16;
    private const int Rounds = 12;

    // RFC 7693, section 2.6: the fractional parts of the square roots of the first eight primes.
    private static ReadOnlySpan<ulong> InitialVector =>
    [
        0x6A09E667F3BCC908, 0xBB67AE8584CAA73B, 0x3C6EF372FE94F82B, 0xA54FF53A5F1D36F1,
        0x510E527FADE682D1, 0x9B05688C2B3E6C1F, 0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179,
    ];

    // RFC 7693, section 2.7; rounds 10 and 11 take the first two rows again (section 3.2).
    private static ReadOnlySpan<byte> MessageSchedule =>
    [
        0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
        14, 10, 4, 8, 9, 15, 13, 6, 1, 12, 0, 2, 11, 7, 5, 3,
        11, 8, 12, 0, 5, 2, 15, 13, 10, 14, 3, 6, 7, 1, 9, 4,
        7, 9, 3, 1, 13, 12, 11, 14, 2, 6, 5, 10, 4, 0, 15, 8,
        9, 0, 5, 7, 2, 4, 10, 15, 14, 1, 11, 12, 6, 8, 3, 13,
        2, 12, 6, 10, 0, 11, 8, 3, 4, 13, 7, 5, 15, 14, 1, 9,
        12, 5, 1, 15, 14, 13, 4, 10, 0, 7, 6, 3, 9, 2, 8, 11,
        13, 11, 7, 14, 12, 1, 3, 9, 5, 0, 15, 4, 8, 6, 2, 10,
        6, 15, 14, 9, 11, 3, 0, 8, 12, 2, 13, 7, 1, 4, 10, 5,
        10, 2, 8, 4, 7, 6, 1, 5, 15, 11, 9, 14, 3, 12, 13, 0,
    ];

    /// <summary>Hashes sequentially, as RFC 7693 describes.</summary>
    /// <param name="digest">Filled; its length of 1 to 64 bytes is part of what is hashed.</param>
    /// <param name="key">At most 64 bytes; empty for the unkeyed hash.</param>
    /// <exception cref="ArgumentException">Digest or key have another length.</exception>
    internal static void Hash(ReadOnlySpan<byte> message, Span<byte> digest, ReadOnlySpan<byte> key = default)
        => Hash(message, digest, key, Blake2bNode.Sequential);

    /// <summary>Hashes as the given node of a tree or of an extendable output.</summary>
    internal static void Hash(
        ReadOnlySpan<byte> message,
        Span<byte> digest,
        ReadOnlySpan<byte> key,
        Blake2bNode node)
    {
        if (digest.Length is < 1 or > MostDigestBytes)
        {
            throw new ArgumentException($"A digest has 1 to {MostDigestBytes} bytes, not {digest.Length}.");
        }

        if (key.Length > MostDigestBytes)
        {
            throw new ArgumentException($"A key has at most {MostDigestBytes} bytes, not {key.Length}.");
        }

        Span<ulong> state = stackalloc ulong[Words];
        Span<byte> block = stackalloc byte[BlockBytes];
        Initialise(state, block, digest.Length, key.Length, node);
        ulong counted = 0;
        if (!key.IsEmpty)
        {
            // RFC 7693, section 3.3: the padded key is the first block.
            block.Clear();
            key.CopyTo(block);
            counted = BlockBytes;
            Compress(state, block, counted, last: message.IsEmpty);
        }

        // The last block, full or not, waits for the flag that says so.
        while (message.Length > BlockBytes)
        {
            counted += BlockBytes;
            Compress(state, message[..BlockBytes], counted, last: false);
            message = message[BlockBytes..];
        }

        if (!message.IsEmpty || key.IsEmpty)
        {
            block.Clear();
            message.CopyTo(block);
            Compress(state, block, counted + (ulong)message.Length, last: true);
        }

        for (int word = 0; word < Words; word++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(block[(word * sizeof(ulong))..], state[word]);
        }

        block[..digest.Length].CopyTo(digest);
        CryptographicOperations.ZeroMemory(block);
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(state));
    }

    private static void Initialise(Span<ulong> state, Span<byte> block, int digestBytes, int keyBytes, Blake2bNode node)
    {
        Span<byte> parameters = block[..(Words * sizeof(ulong))];
        parameters.Clear();
        node.Write(parameters, digestBytes, keyBytes);
        for (int word = 0; word < Words; word++)
        {
            ulong parameter = BinaryPrimitives.ReadUInt64LittleEndian(parameters[(word * sizeof(ulong))..]);
            state[word] = InitialVector[word] ^ parameter;
        }
    }

    /// <summary>The compression function F (RFC 7693, section 3.2).</summary>
    private static void Compress(Span<ulong> state, ReadOnlySpan<byte> block, ulong counted, bool last)
    {
        Span<ulong> message = stackalloc ulong[WorkingWords];
        Span<ulong> working = stackalloc ulong[WorkingWords];
        for (int word = 0; word < WorkingWords; word++)
        {
            message[word] = BinaryPrimitives.ReadUInt64LittleEndian(block[(word * sizeof(ulong))..]);
        }

        state.CopyTo(working);
        InitialVector.CopyTo(working[Words..]);
        working[12] ^= counted;
        working[14] ^= last ? ulong.MaxValue : 0;
        for (int round = 0; round < Rounds; round++)
        {
            ReadOnlySpan<byte> order = MessageSchedule.Slice(round % 10 * WorkingWords, WorkingWords);
            Mix(working, 0, 4, 8, 12, message[order[0]], message[order[1]]);
            Mix(working, 1, 5, 9, 13, message[order[2]], message[order[3]]);
            Mix(working, 2, 6, 10, 14, message[order[4]], message[order[5]]);
            Mix(working, 3, 7, 11, 15, message[order[6]], message[order[7]]);
            Mix(working, 0, 5, 10, 15, message[order[8]], message[order[9]]);
            Mix(working, 1, 6, 11, 12, message[order[10]], message[order[11]]);
            Mix(working, 2, 7, 8, 13, message[order[12]], message[order[13]]);
            Mix(working, 3, 4, 9, 14, message[order[14]], message[order[15]]);
        }

        for (int word = 0; word < Words; word++)
        {
            state[word] ^= working[word] ^ working[word + Words];
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(message));
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(working));
    }

    /// <summary>The mixing function G with the rotations of BLAKE2b (RFC 7693, sections 2.1 and 3.1).</summary>
    private static void Mix(Span<ulong> v, int a, int b, int c, int d, ulong x, ulong y)
    {
        unchecked
        {
            v[a] = v[a] + v[b] + x;
            v[d] = BitOperations.RotateRight(v[d] ^ v[a], 32);
            v[c] += v[d];
            v[b] = BitOperations.RotateRight(v[b] ^ v[c], 24);
            v[a] = v[a] + v[b] + y;
            v[d] = BitOperations.RotateRight(v[d] ^ v[a], 16);
            v[c] += v[d];
            v[b] = BitOperations.RotateRight(v[b] ^ v[c], 63);
        }
    }
}
