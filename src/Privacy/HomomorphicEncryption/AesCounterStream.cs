using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>
/// A seed of 256 bits expanded to as many uniform bytes as a sampler asks for: AES-256 in counter mode.
/// </summary>
/// <remarks>
/// NIST SP 800-38A, section 6.5, with a counter of 128 bits, little-endian, that starts at zero: a seed serves one
/// stream only. The class library runs AES on the processor's own instructions, in constant time. Not safe for
/// concurrent use.
/// </remarks>
internal sealed class AesCounterStream : IDisposable
{
    /// <summary>Length of a seed in bytes.</summary>
    internal const int SeedBytes = 32;

    private const int BlockBytes = 16;
    private const int BufferBytes = 32 * 1024;

    private readonly Aes _aes = Aes.Create();
    private readonly byte[] _counters = new byte[BufferBytes];
    private readonly byte[] _buffer = GC.AllocateArray<byte>(BufferBytes, pinned: true);
    private ulong _counter;
    private int _used = BufferBytes;

    internal AesCounterStream(ReadOnlySpan<byte> seed)
    {
        if (seed.Length != SeedBytes)
        {
            throw new ArgumentException($"Expected {SeedBytes} bytes, got {seed.Length}.", nameof(seed));
        }

        _aes.SetKey(seed);
    }

    /// <summary>A stream that nobody can ever repeat, from a seed of the system's generator.</summary>
    internal static AesCounterStream Fresh()
    {
        Span<byte> seed = stackalloc byte[SeedBytes];
        RandomNumberGenerator.Fill(seed);
        AesCounterStream stream = new(seed);
        CryptographicOperations.ZeroMemory(seed);
        return stream;
    }

    /// <summary>Writes the next bytes of the stream.</summary>
    internal void Fill(Span<byte> destination)
    {
        while (!destination.IsEmpty)
        {
            if (_used == BufferBytes)
            {
                Refill();
            }

            int taken = int.Min(BufferBytes - _used, destination.Length);
            Span<byte> source = _buffer.AsSpan(_used, taken);
            source.CopyTo(destination);
            source.Clear();
            _used += taken;
            destination = destination[taken..];
        }
    }

    /// <summary>Wipes the key and what was not read.</summary>
    public void Dispose()
    {
        _aes.Dispose();
        CryptographicOperations.ZeroMemory(_buffer);
        _used = BufferBytes;
    }

    private void Refill()
    {
        for (int offset = 0; offset < BufferBytes; offset += BlockBytes)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(_counters.AsSpan(offset), _counter);
            _counter++;
        }

        _aes.EncryptEcb(_counters, _buffer, PaddingMode.None);
        _used = 0;
    }
}
