using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>Independent uniform bits, and exact uniform integers made of them.</summary>
public abstract class RandomBits
{
    /// <summary>Fills <paramref name="destination"/> with uniform bytes.</summary>
    public abstract void Fill(Span<byte> destination);

    /// <summary>64 uniform bits.</summary>
    public ulong NextUInt64()
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        Fill(bytes);
        return BinaryPrimitives.ReadUInt64LittleEndian(bytes);
    }

    /// <summary>A uniform integer from 0 to <paramref name="bound"/> − 1.</summary>
    /// <remarks>
    /// Rejection: as many bytes as the largest result needs, surplus high bits cleared, drawn again while too large. No
    /// modulo, so no bias. All overloads use the same bytes for the same bound.
    /// </remarks>
    public ulong Below(ulong bound)
    {
        ArgumentOutOfRangeException.ThrowIfZero(bound);
        int bits = sizeof(ulong) * 8 - BitOperations.LeadingZeroCount(bound - 1);
        int bytes = (bits + 7) / 8;
        Span<byte> drawn = stackalloc byte[sizeof(ulong)];
        drawn.Clear();
        ulong mask = bits == 0 ? 0 : ulong.MaxValue >> (sizeof(ulong) * 8 - bits);
        while (true)
        {
            Fill(drawn[..bytes]);
            ulong candidate = BinaryPrimitives.ReadUInt64LittleEndian(drawn) & mask;
            if (candidate < bound)
            {
                return candidate;
            }
        }
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
}
