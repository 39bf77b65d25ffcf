using System.Buffers.Binary;
using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Masks that go onto, or come off, one vector together.</summary>
/// <remarks>
/// A mask is the key stream of AES-256 in counter mode (NIST SP 800-38A, section 6.5) from counter zero, the counter
/// most significant byte first: what "openssl enc -aes-256-ctr" makes of zeros under a zero initial vector. Slots of up
/// to 32 bits take four bytes of it each, wider ones eight, least significant first, reduced modulo 2^slotBits. All
/// masks of a stretch of slots are summed before the vector is touched, so that it is read and written once.
/// </remarks>
internal sealed class MaskSet : IDisposable
{
    /// <summary>Widest slot, in bits, that takes four bytes of key stream.</summary>
    internal const int NarrowBits = 32;

    /// <summary>Key stream made at a time: the cipher's pipeline is full and the cache of a core holds it.</summary>
    internal const int BatchBytes = 1 << 15;

    private const int BlockBytes = 16;

    private readonly List<(Aes Cipher, ICryptoTransform Counter, MaskSign Sign)> _masks = [];

    /// <summary>Takes part in the next <see cref="Apply"/>. The key is copied into the cipher.</summary>
    /// <param name="key">32 bytes that make this mask only.</param>
    /// <param name="sign">Whether the mask is added to the vector or subtracted from it.</param>
    internal void Add(ReadOnlySpan<byte> key, MaskSign sign)
    {
        if (key.Length != SecretBytes.KeySize)
        {
            throw new ArgumentException($"Expected {SecretBytes.KeySize} bytes, got {key.Length}.", nameof(key));
        }

        byte[] copy = SecretBytes.CopyOf(key);
        Aes cipher = Aes.Create();
        cipher.Mode = CipherMode.ECB;
        cipher.Padding = PaddingMode.None;
        _masks.Add((cipher, cipher.CreateEncryptor(copy, null), sign));
        CryptographicOperations.ZeroMemory(copy);
    }

    /// <summary>Adds all masks in Z/2^slotBits, in place; the words come out below 2^slotBits.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A slot has 1 to 64 bits.</exception>
    internal void Apply(Span<ulong> words, int slotBits)
    {
        RequireSlot(slotBits);
        if (slotBits <= NarrowBits)
        {
            Apply<uint>(words, slotBits);
        }
        else
        {
            Apply<ulong>(words, slotBits);
        }
    }

    public void Dispose()
    {
        foreach ((Aes cipher, ICryptoTransform counter, _) in _masks)
        {
            counter.Dispose();
            cipher.Dispose();
        }

        _masks.Clear();
    }

    /// <summary>Refuses what is not the width of a slot.</summary>
    internal static void RequireSlot(int slotBits)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(slotBits, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(slotBits, 64);
    }

    /// <summary>Adds to <paramref name="sum"/>, or subtracts from it, word by word, wrapping around.</summary>
    internal static void Accumulate<T>(Span<T> sum, ReadOnlySpan<T> stream, MaskSign sign)
        where T : struct, IBinaryInteger<T>
    {
        Span<Vector<T>> sums = MemoryMarshal.Cast<T, Vector<T>>(sum);
        ReadOnlySpan<Vector<T>> streams = MemoryMarshal.Cast<T, Vector<T>>(stream)[..sums.Length];
        if (sign == MaskSign.Add)
        {
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] += streams[i];
            }
        }
        else
        {
            for (int i = 0; i < sums.Length; i++)
            {
                sums[i] -= streams[i];
            }
        }

        for (int i = sums.Length * Vector<T>.Count; i < sum.Length; i++)
        {
            sum[i] = unchecked(sign == MaskSign.Add ? sum[i] + stream[i] : sum[i] - stream[i]);
        }
    }

    private void Apply<T>(Span<ulong> words, int slotBits)
        where T : struct, IBinaryInteger<T>
    {
        int slotBytes = Marshal.SizeOf<T>();
        ulong slot = ulong.MaxValue >> (64 - slotBits);
        byte[] counters = new byte[BatchBytes];
        byte[] stream = SecretBytes.Allocate(BatchBytes);
        T[] sum = GC.AllocateArray<T>(BatchBytes / slotBytes, pinned: true);
        try
        {
            ulong block = 0;
            while (!words.IsEmpty)
            {
                Span<ulong> batch = words[..int.Min(words.Length, sum.Length)];
                int bytes = ((batch.Length * slotBytes) + BlockBytes - 1) / BlockBytes * BlockBytes;
                block = Count(counters.AsSpan(0, bytes), block);
                SumOfMasks(counters, stream, bytes, sum.AsSpan(0, batch.Length));
                for (int i = 0; i < batch.Length; i++)
                {
                    batch[i] = unchecked(batch[i] + ulong.CreateTruncating(sum[i])) & slot;
                }

                words = words[batch.Length..];
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(stream);
            CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(sum.AsSpan()));
        }
    }

    private void SumOfMasks<T>(byte[] counters, byte[] stream, int bytes, Span<T> sum)
        where T : struct, IBinaryInteger<T>
    {
        sum.Clear();
        foreach ((_, ICryptoTransform counter, MaskSign sign) in _masks)
        {
            counter.TransformBlock(counters, 0, bytes, stream, 0);
            Span<T> words = MemoryMarshal.Cast<byte, T>(stream.AsSpan())[..sum.Length];
            if (!BitConverter.IsLittleEndian)
            {
                for (int i = 0; i < words.Length; i++)
                {
                    words[i] = T.ReadLittleEndian(stream.AsSpan(i * Marshal.SizeOf<T>()), isUnsigned: true);
                }
            }

            Accumulate(sum, words, sign);
        }
    }

    /// <summary>Writes counter blocks from <paramref name="next"/> on and returns the one after the last.</summary>
    private static ulong Count(Span<byte> counters, ulong next)
    {
        for (int at = 0; at < counters.Length; at += BlockBytes)
        {
            // The upper half of the counter stays zero: 2^64 blocks are more than any vector has.
            BinaryPrimitives.WriteUInt64BigEndian(counters[(at + sizeof(ulong))..], next++);
        }

        return next;
    }
}
