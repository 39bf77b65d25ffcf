using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.Keccak;

/// <summary>The output of SHAKE256 (FIPS 202, section 6.2) as a stream that is read piece by piece.</summary>
/// <remarks>
/// <see cref="Shake256"/> of the class library squeezes incrementally only on OpenSSL 3.3 and later and throws on the
/// 3.0 that most hospital servers run; its one-shot form would hold a whole mask in memory at once. The permutation has
/// no table look-ups and no branches that depend on data. Tests compare it with the class library byte by byte.
/// Not safe for concurrent use.
/// </remarks>
internal sealed class ShakeStream : IDisposable
{
    /// <summary>
    /// Bytes per permutation: 1600 bits of state less a capacity of 512 bits (FIPS 202, section 6.2).
    /// </summary>
    internal const int RateBytes = 136;

    private const int Rounds = 24;
    private const int Lanes = 25;

    // SHAKE's suffix 1111 followed by the first bit of the padding rule pad10*1 (FIPS 202, sections 5.1 and 6.2).
    private const byte Suffix = 0x1F;
    private const byte LastPaddingBit = 0x80;

    // FIPS 202, section 3.2.5.
    private static ReadOnlySpan<ulong> RoundConstants =>
    [
        0x0000000000000001, 0x0000000000008082, 0x800000000000808A, 0x8000000080008000,
        0x000000000000808B, 0x0000000080000001, 0x8000000080008081, 0x8000000000008009,
        0x000000000000008A, 0x0000000000000088, 0x0000000080008009, 0x000000008000000A,
        0x000000008000808B, 0x800000000000008B, 0x8000000000008089, 0x8000000000008003,
        0x8000000000008002, 0x8000000000000080, 0x000000000000800A, 0x800000008000000A,
        0x8000000080008081, 0x8000000000008080, 0x0000000080000001, 0x8000000080008008,
    ];

    // Rotations (FIPS 202, section 3.2.2) and destinations (section 3.2.3) along the one cycle that starts at lane 1.
    private static ReadOnlySpan<byte> Rotations =>
        [1, 3, 6, 10, 15, 21, 28, 36, 45, 55, 2, 14, 27, 41, 56, 8, 25, 43, 62, 18, 39, 61, 20, 44];

    private static ReadOnlySpan<byte> Destinations =>
        [10, 7, 11, 17, 18, 3, 5, 16, 8, 21, 24, 4, 15, 23, 19, 13, 12, 2, 20, 14, 22, 9, 6, 1];

    // Pinned, so that the garbage collector leaves no copy of a secret state behind.
    private readonly ulong[] _state = GC.AllocateArray<ulong>(Lanes, pinned: true);
    private readonly byte[] _block = GC.AllocateArray<byte>(RateBytes, pinned: true);
    private int _used;
    private bool _disposed;

    internal ShakeStream(ReadOnlySpan<byte> message)
    {
        while (message.Length >= RateBytes)
        {
            Absorb(message[..RateBytes]);
            Permute(_state);
            message = message[RateBytes..];
        }

        Span<byte> last = _block;
        message.CopyTo(last);
        last[message.Length] ^= Suffix;
        last[^1] ^= LastPaddingBit;
        Absorb(last);
        _used = RateBytes;
    }

    /// <summary>Writes the next bytes of the stream.</summary>
    internal void Fill(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        while (!destination.IsEmpty)
        {
            if (_used == RateBytes)
            {
                Squeeze();
            }

            int taken = int.Min(RateBytes - _used, destination.Length);
            Span<byte> source = _block.AsSpan(_used, taken);
            source.CopyTo(destination);
            // What has been handed out is not kept.
            source.Clear();
            _used += taken;
            destination = destination[taken..];
        }
    }

    /// <summary>Wipes the state.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(_state.AsSpan()));
        CryptographicOperations.ZeroMemory(_block);
        _disposed = true;
    }

    private void Absorb(ReadOnlySpan<byte> block)
    {
        for (int lane = 0; lane < RateBytes / sizeof(ulong); lane++)
        {
            _state[lane] ^= BinaryPrimitives.ReadUInt64LittleEndian(block[(lane * sizeof(ulong))..]);
        }
    }

    private void Squeeze()
    {
        Permute(_state);
        for (int lane = 0; lane < RateBytes / sizeof(ulong); lane++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_block.AsSpan(lane * sizeof(ulong)), _state[lane]);
        }

        _used = 0;
    }

    /// <summary>Keccak-f[1600] (FIPS 202, section 3.3).</summary>
    private static void Permute(Span<ulong> lanes)
    {
        lanes = lanes[..Lanes];
        for (int round = 0; round < Rounds; round++)
        {
            ulong c0 = lanes[0] ^ lanes[5] ^ lanes[10] ^ lanes[15] ^ lanes[20];
            ulong c1 = lanes[1] ^ lanes[6] ^ lanes[11] ^ lanes[16] ^ lanes[21];
            ulong c2 = lanes[2] ^ lanes[7] ^ lanes[12] ^ lanes[17] ^ lanes[22];
            ulong c3 = lanes[3] ^ lanes[8] ^ lanes[13] ^ lanes[18] ^ lanes[23];
            ulong c4 = lanes[4] ^ lanes[9] ^ lanes[14] ^ lanes[19] ^ lanes[24];
            ulong d0 = c4 ^ BitOperations.RotateLeft(c1, 1);
            ulong d1 = c0 ^ BitOperations.RotateLeft(c2, 1);
            ulong d2 = c1 ^ BitOperations.RotateLeft(c3, 1);
            ulong d3 = c2 ^ BitOperations.RotateLeft(c4, 1);
            ulong d4 = c3 ^ BitOperations.RotateLeft(c0, 1);
            for (int row = 0; row < Lanes; row += 5)
            {
                lanes[row] ^= d0;
                lanes[row + 1] ^= d1;
                lanes[row + 2] ^= d2;
                lanes[row + 3] ^= d3;
                lanes[row + 4] ^= d4;
            }

            ulong moving = lanes[1];
            for (int step = 0; step < Rotations.Length; step++)
            {
                int destination = Destinations[step];
                ulong displaced = lanes[destination];
                lanes[destination] = BitOperations.RotateLeft(moving, Rotations[step]);
                moving = displaced;
            }

            for (int row = 0; row < Lanes; row += 5)
            {
                (ulong a, ulong b) = (lanes[row], lanes[row + 1]);
                lanes[row] ^= ~b & lanes[row + 2];
                lanes[row + 1] ^= ~lanes[row + 2] & lanes[row + 3];
                lanes[row + 2] ^= ~lanes[row + 3] & lanes[row + 4];
                lanes[row + 3] ^= ~lanes[row + 4] & a;
                lanes[row + 4] ^= ~a & b;
            }

            lanes[0] ^= RoundConstants[round];
        }
    }
}
