using System.Buffers.Binary;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Residues as a little-endian stream of bits, without gaps; the last byte is filled up with zeros.</summary>
internal static class ResidueCodec
{
    /// <summary>Bytes of <paramref name="count"/> residues of <paramref name="bits"/> bits.</summary>
    internal static int PackedBytes(int count, int bits) => checked((int)((((long)count * bits) + 7) / 8));

    /// <summary>
    /// Writes <paramref name="bits"/> bits of each residue from bit <paramref name="dropped"/> on; there are no higher
    /// ones. The destination has the packed length.
    /// </summary>
    internal static void Write(Span<byte> destination, ReadOnlySpan<ulong> residues, int bits, int dropped = 0)
    {
        unchecked
        {
            UInt128 pending = 0;
            int filled = 0;
            int position = 0;
            foreach (ulong residue in residues)
            {
                pending |= (UInt128)(residue >> dropped) << filled;
                filled += bits;
                if (filled >= 64)
                {
                    BinaryPrimitives.WriteUInt64LittleEndian(
                        destination[position..], (ulong)pending);
                    position += 8;
                    pending >>= 64;
                    filled -= 64;
                }
            }

            for (; position < destination.Length; position++)
            {
                destination[position] = (byte)pending;
                pending >>= 8;
            }
        }
    }

    /// <summary>The inverse of <see cref="Write"/>: the dropped low bits are zero.</summary>
    /// <returns>Whether all are below <paramref name="bound"/> and the filling is zero.</returns>
    internal static bool TryRead(
        ReadOnlySpan<byte> source, Span<ulong> residues, int bits, ulong bound, int dropped = 0)
    {
        unchecked
        {
            ulong mask = (1ul << bits) - 1;
            UInt128 pending = 0;
            int available = 0;
            int position = 0;
            ulong excess = 0;
            for (int i = 0; i < residues.Length; i++)
            {
                if (available < bits)
                {
                    ulong word;
                    if (source.Length - position >= 8)
                    {
                        word = BinaryPrimitives.ReadUInt64LittleEndian(source[position..]);
                        position += 8;
                        pending |= (UInt128)word << available;
                        available += 64;
                    }
                    else
                    {
                        for (; position < source.Length; position++)
                        {
                            pending |= (UInt128)source[position] << available;
                            available += 8;
                        }
                    }
                }

                ulong residue = ((ulong)pending & mask) << dropped;
                residues[i] = residue;
                excess |= bound - 1 - residue;
                pending >>= bits;
                available -= bits;
            }

            // bound − 1 − residue is negative exactly where a residue is out of range: all are below 2^60.
            return excess >> 63 == 0 && pending == 0 && position == source.Length;
        }
    }
}
