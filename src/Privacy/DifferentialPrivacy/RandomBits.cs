using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>Independent uniform bits, and exact uniform integers made of them.</summary>
/// <remarks>
/// A sampler asks for a few bytes at a time, so the sources of this assembly draw blocks ahead and hand them out in
/// order: how a stream is asked for its bytes does not change them. When a public method returns, the bytes that it
/// spent have been wiped. Not safe for concurrent use.
/// </remarks>
public abstract class RandomBits
{
    private const int WordBits = sizeof(ulong) * 8;

    // Pinned, so that the garbage collector leaves no copy behind. Ends with a word that is never handed out, so that a
    // word can be read from every place of the block.
    private readonly byte[] _block;
    private readonly int _blockBytes;
    private int _wiped;
    private int _next;

    /// <summary>Bits that are asked for one by one, of <see cref="Fill"/>.</summary>
    protected RandomBits()
        : this(0)
    {
    }

    /// <summary>Bits that are drawn in blocks, of <see cref="Draw"/>.</summary>
    private protected RandomBits(int blockBytes)
    {
        _blockBytes = blockBytes;
        _block = GC.AllocateArray<byte>(blockBytes + sizeof(ulong), pinned: true);
        _wiped = blockBytes;
        _next = blockBytes;
    }

    /// <summary>Fills <paramref name="destination"/> with uniform bytes.</summary>
    public abstract void Fill(Span<byte> destination);

    /// <summary>64 uniform bits.</summary>
    public ulong NextUInt64()
    {
        ulong word = NextBytes(sizeof(ulong));
        WipeSpent();
        return word;
    }

    /// <summary>A uniform integer from 0 to <paramref name="bound"/> − 1.</summary>
    /// <remarks>
    /// Rejection: as many bytes as the largest result needs, surplus high bits cleared, drawn again while too large. No
    /// modulo, so no bias. All overloads use the same bytes for the same bound.
    /// </remarks>
    public ulong Below(ulong bound)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bound);
        ulong result = DrawBelow(bound);
        WipeSpent();
        return result;
    }

    /// <inheritdoc cref="Below(ulong)"/>
    public BigInteger Below(BigInteger bound)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(bound);
        if (bound <= ulong.MaxValue)
        {
            return Below((ulong)bound);
        }

        int bits = checked((int)(bound - 1).GetBitLength());
        int bytes = (bits + 7) / 8;
        byte mask = (byte)(byte.MaxValue >> ((bytes * 8) - bits));
        byte[] drawn = new byte[bytes];
        while (true)
        {
            Fill(drawn);
            drawn[^1] &= mask;
            BigInteger candidate = new(drawn, isUnsigned: true);
            if (candidate < bound)
            {
                CryptographicOperations.ZeroMemory(drawn);
                return candidate;
            }
        }
    }

    /// <summary><see cref="Below(ulong)"/> for a sampler, which wipes when it has finished.</summary>
    internal ulong DrawBelow(ulong bound)
    {
        int bits = WordBits - BitOperations.LeadingZeroCount(bound - 1);
        if (bits == 0)
        {
            return 0;
        }

        int bytes = (bits + 7) >> 3;
        ulong mask = ulong.MaxValue >> (WordBits - bits);
        while (true)
        {
            ulong candidate = NextBytes(bytes) & mask;
            if (candidate < bound)
            {
                return candidate;
            }
        }
    }

    /// <summary>
    /// The next <paramref name="count"/> bytes, one to eight, as the low bytes of a word; the others are arbitrary.
    /// </summary>
    internal ulong NextBytes(int count)
    {
        int next = _next;
        if (count > _blockBytes - next)
        {
            return NextBytesAcrossBlocks(count);
        }

        _next = next + count;
        return BinaryPrimitives.ReadUInt64LittleEndian(_block.AsSpan(next, sizeof(ulong)));
    }

    /// <summary>Clears the bytes that were handed out: spent noise must not be readable in a memory dump.</summary>
    internal void WipeSpent()
    {
        CryptographicOperations.ZeroMemory(_block.AsSpan(_wiped, _next - _wiped));
        _wiped = _next;
    }

    /// <summary>Fills <paramref name="block"/> from the source itself.</summary>
    private protected virtual void Draw(Span<byte> block) => Fill(block);

    /// <summary>What <see cref="Fill"/> does where bits are drawn in blocks.</summary>
    private protected void FillFromBlocks(Span<byte> destination)
    {
        int taken = int.Min(_blockBytes - _next, destination.Length);
        _block.AsSpan(_next, taken).CopyTo(destination);
        _next += taken;
        destination = destination[taken..];
        if (destination.Length >= _blockBytes)
        {
            // Straight from the source: nothing drawn ahead is left.
            Draw(destination);
        }
        else if (!destination.IsEmpty)
        {
            Draw(_block.AsSpan(0, _blockBytes));
            _block.AsSpan(0, destination.Length).CopyTo(destination);
            _wiped = 0;
            _next = destination.Length;
        }

        WipeSpent();
    }

    /// <summary>Clears what was drawn ahead.</summary>
    private protected void WipeBlock()
    {
        CryptographicOperations.ZeroMemory(_block);
        _wiped = _blockBytes;
        _next = _blockBytes;
    }

    private ulong NextBytesAcrossBlocks(int count)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        bytes.Clear();
        Fill(bytes[..count]);
        ulong word = BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        CryptographicOperations.ZeroMemory(bytes);
        return word;
    }
}
