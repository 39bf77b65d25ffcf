using System.Buffers.Binary;
using System.Numerics;

namespace DigitalTwin.Ledger.Ethereum.Encoding;

/// <summary>Keccak-256 as Ethereum uses it: Keccak[512] with the padding of the competition, before FIPS 202.</summary>
/// <remarks>
/// "The Keccak reference", version 3.0, Bertoni, Daemen, Peeters, Van Assche, 2011. SHA3-256 of the class library
/// differs from it in one byte, the suffix of the message, and so in every digest.
/// </remarks>
public static class Keccak256
{
    /// <summary>Length of a digest in bytes.</summary>
    public const int Size = 32;

    // 1600 bits of state less a capacity of twice the digest.
    private const int RateBytes = 200 - (2 * Size);
    private const int Lanes = 25;

    // pad10*1 without a suffix: the first bit follows the message at once.
    private const byte FirstPaddingBit = 0x01;
    private const byte LastPaddingBit = 0x80;

    // Section 1.2, table of ι.
    private static ReadOnlySpan<ulong> RoundConstants =>
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000, 0x000000000000808B,
        0x0000000080000001, 0x8000000080008081, 0x8000000000008009, 0x000000000000008A, 0x0000000000000088,
        0x0000000080008009, 0x000000008000000A, 0x000000008000808B, 0x800000000000008B, 0x8000000000008089,
        0x8000000000008003, 0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    /// <summary>The digest of <paramref name="message"/>.</summary>
    public static byte[] HashData(ReadOnlySpan<byte> message)
    {
        Span<ulong> state = stackalloc ulong[Lanes];
        state.Clear();
        for (; message.Length >= RateBytes; message = message[RateBytes..])
        {
            Absorb(state, message[..RateBytes]);
        }

        Span<byte> last = stackalloc byte[RateBytes];
        last.Clear();
        message.CopyTo(last);
        last[message.Length] = FirstPaddingBit;
        last[^1] |= LastPaddingBit;
        Absorb(state, last);

        byte[] digest = new byte[Size];
        for (int lane = 0; lane < Size / sizeof(ulong); lane++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(digest.AsSpan(lane * sizeof(ulong)), state[lane]);
        }

        return digest;
    }

    private static void Absorb(Span<ulong> state, ReadOnlySpan<byte> block)
    {
        for (int lane = 0; lane < RateBytes / sizeof(ulong); lane++)
        {
            state[lane] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(lane * sizeof(ulong))..]);
        }

        Permute(state);
    }

    // Lane (x, y) of the reference stands at x + 5y.
    private static void Permute(Span<ulong> state)
    {
        Span<ulong> parity = stackalloc ulong[5];
        foreach (ulong constant in RoundConstants)
        {
            // θ
            for (int x = 0; x < 5; x++)
            {
                parity[x] = state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20];
            }

            for (int lane = 0; lane < Lanes; lane++)
            {
                int x = lane % 5;
                state[lane] ^= parity[(x + 4) % 5] ^ BitOperations.RotateLeft(parity[(x + 1) % 5], 1);
            }

            RotateAndMove(state);

            // χ, row by row
            for (int row = 0; row < Lanes; row += 5)
            {
                state.Slice(row, 5).CopyTo(parity);
                for (int x = 0; x < 5; x++)
                {
                    state[row + x] = parity[x] ^ (~parity[(x + 1) % 5] & parity[(x + 2) % 5]);
                }
            }

            state[0] ^= constant; // ι
        }
    }

    // ρ and π together: along the one orbit of (x, y) → (y, 2x + 3y) that meets every lane but the first, the t-th lane
    // is rotated by the triangular number (t + 1)(t + 2) / 2.
    private static void RotateAndMove(Span<ulong> state)
    {
        (int x, int y) = (1, 0);
        ulong moving = state[1];
        for (int t = 0; t < Lanes - 1; t++)
        {
            (x, y) = (y, ((2 * x) + (3 * y)) % 5);
            int lane = x + (5 * y);
            ulong next = state[lane];
            state[lane] = BitOperations.RotateLeft(moving, (t + 1) * (t + 2) / 2 % 64);
            moving = next;
        }
    }
}
