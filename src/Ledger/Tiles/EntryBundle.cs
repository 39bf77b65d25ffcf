using System.Buffers.Binary;

namespace DigitalTwin.Ledger.Tiles;

/// <summary>The bytes of a bundle of entries: each its length as a big-endian 16-bit number, then the entry.</summary>
/// <remarks>C2SP tlog-tiles v0.1.0, section "Log entries"; hence no entry is longer than 65,535 bytes.</remarks>
public static class EntryBundle
{
    /// <summary>Most bytes of a bundle.</summary>
    public const int MaxBytes = TilePath.FullWidth * (sizeof(ushort) + ushort.MaxValue);

    /// <summary>The bytes of <paramref name="entries"/>.</summary>
    /// <exception cref="ArgumentException">An entry is too long for its length field.</exception>
    public static byte[] Format(IReadOnlyList<ReadOnlyMemory<byte>> entries)
    {
        ArgumentNullException.ThrowIfNull(entries);
        if (entries.Any(entry => entry.Length > ushort.MaxValue))
        {
            throw new ArgumentException($"An entry has at most {ushort.MaxValue} bytes.", nameof(entries));
        }

        byte[] bytes = new byte[entries.Sum(entry => sizeof(ushort) + entry.Length)];
        Span<byte> rest = bytes;
        foreach (ReadOnlyMemory<byte> entry in entries)
        {
            BinaryPrimitives.WriteUInt16BigEndian(rest, (ushort)entry.Length);
            entry.Span.CopyTo(rest[sizeof(ushort)..]);
            rest = rest[(sizeof(ushort) + entry.Length)..];
        }

        return bytes;
    }

    /// <summary>Reads a bundle of <paramref name="width"/> entries.</summary>
    /// <exception cref="TileFormatException">The bytes end early, or go on behind the last entry.</exception>
    public static ReadOnlyMemory<byte>[] Parse(ReadOnlyMemory<byte> bytes, int width)
    {
        ReadOnlyMemory<byte>[] entries = new ReadOnlyMemory<byte>[width];
        ReadOnlyMemory<byte> rest = bytes;
        for (int i = 0; i < width; i++)
        {
            int length = rest.Length < sizeof(ushort) ? -1 : BinaryPrimitives.ReadUInt16BigEndian(rest.Span);
            if (length < 0 || length > rest.Length - sizeof(ushort))
            {
                throw new TileFormatException($"A bundle of {width} entries ends within entry {i}.");
            }

            entries[i] = rest.Slice(sizeof(ushort), length);
            rest = rest[(sizeof(ushort) + length)..];
        }

        return rest.IsEmpty
            ? entries
            : throw new TileFormatException($"A bundle goes on for {rest.Length} bytes behind its {width} entries.");
    }
}
