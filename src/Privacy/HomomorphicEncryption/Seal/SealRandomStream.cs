using System.Buffers.Binary;
using System.Security.Cryptography;
using DigitalTwin.Privacy.Blake2;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>SEAL's generators: the stream of bytes that a seed of 64 bytes stands for (SEAL: randomgen.cpp).</summary>
/// <remarks>
/// Blocks of 4096 bytes, numbered from zero: BLAKE2Xb of the number as a little-endian word under the seed as key, or
/// SHAKE256 of seed and number. Not safe for concurrent use.
/// </remarks>
internal sealed class SealRandomStream : IDisposable
{
    private const int BlockBytes = 4096;

    private readonly SealGenerator _generator;
    private readonly byte[] _seed = GC.AllocateArray<byte>(SealSeed.SeedBytes + sizeof(ulong), pinned: true);
    private readonly byte[] _block = GC.AllocateArray<byte>(BlockBytes, pinned: true);
    private int _used = BlockBytes;
    private ulong _next;
    private bool _disposed;

    internal SealRandomStream(SealGenerator generator, ReadOnlySpan<byte> seed)
    {
        if (seed.Length != SealSeed.SeedBytes)
        {
            throw new ArgumentException($"A seed has {SealSeed.SeedBytes} bytes, not {seed.Length}.", nameof(seed));
        }

        _generator = generator;
        seed.CopyTo(_seed);
    }

    /// <summary>Writes the next bytes of the stream.</summary>
    internal void Fill(Span<byte> destination)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        while (!destination.IsEmpty)
        {
            if (_used == BlockBytes)
            {
                FillBlock();
            }

            int taken = int.Min(BlockBytes - _used, destination.Length);
            _block.AsSpan(_used, taken).CopyTo(destination);
            _used += taken;
            destination = destination[taken..];
        }
    }

    /// <summary>Wipes seed and block.</summary>
    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_seed);
        CryptographicOperations.ZeroMemory(_block);
        _disposed = true;
    }

    private void FillBlock()
    {
        Span<byte> number = _seed.AsSpan(SealSeed.SeedBytes);
        BinaryPrimitives.WriteUInt64LittleEndian(number, _next);
        if (_generator == SealGenerator.Blake2xb)
        {
            Blake2xb.Hash(number, _block, _seed.AsSpan(0, SealSeed.SeedBytes));
        }
        else
        {
            Shake256.HashData(_seed, _block);
        }

        _next++;
        _used = 0;
    }
}
