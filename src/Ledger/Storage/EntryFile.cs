using System.Buffers.Binary;
using DigitalTwin.Ledger.Encoding;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Storage;

/// <summary>Where entry <paramref name="Index"/> of a log stops being readable, and why.</summary>
/// <param name="Index">Index of the entry that cannot be read.</param>
/// <param name="Offset">Byte of the file where it begins.</param>
/// <param name="Reason">What is wrong there.</param>
/// <param name="IsTornTail">Whether nothing behind it verifies, as after a write that a crash cut off.</param>
public sealed record EntryDamage(long Index, long Offset, string Reason, bool IsTornTail);

/// <summary>The byte layout of <c>entries.wal</c>: a header, then frames of length, CRC-32C and leaf.</summary>
internal static class EntryFile
{
    public const int FrameHeaderSize = 2 * sizeof(uint);

    private const int CrcOffset = sizeof(uint);
    private const int BlockSize = 1 << 20;
    private const int UsualFrame = 2048;

    /// <summary>First 16 bytes of the file: what it is and the version of the layout.</summary>
    public static ReadOnlySpan<byte> Header => "dtwin-entries/1\n"u8;

    /// <summary>The frames of <paramref name="leaves"/>, one behind the other.</summary>
    public static byte[] Frame(IReadOnlyList<ReadOnlyMemory<byte>> leaves)
    {
        byte[] frames = new byte[leaves.Sum(leaf => FrameHeaderSize + leaf.Length)];
        Span<byte> rest = frames;
        foreach (ReadOnlyMemory<byte> leaf in leaves)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(rest, (uint)leaf.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(rest[CrcOffset..], Crc32C.Of(leaf.Span));
            leaf.Span.CopyTo(rest[FrameHeaderSize..]);
            rest = rest[(FrameHeaderSize + leaf.Length)..];
        }

        return frames;
    }

    /// <summary>What is done with a readable frame: its leaf begins at a byte of the file.</summary>
    public delegate void Visitor(long leafOffset, ReadOnlySpan<byte> leaf);

    /// <summary>Hands every readable frame to <paramref name="visit"/>, reading a mebibyte at a time.</summary>
    /// <returns>Null where the whole file could be read.</returns>
    public static EntryDamage? Scan(SafeFileHandle file, Visitor visit)
    {
        long length = RandomAccess.GetLength(file);
        if (!HasHeader(file))
        {
            bool torn = length < Header.Length && Header.StartsWith(ReadAt(file, 0, (int)length));
            return new EntryDamage(0, 0, "the file does not begin as an entry log", torn);
        }

        byte[] block = new byte[long.Min(BlockSize, length)];
        (long start, int filled) = (0, 0);
        long offset = Header.Length;
        for (long index = 0; offset < length; index++)
        {
            int most = (int)long.Min(FrameHeaderSize + Envelope.MaxLeafBytes, length - offset);
            if (offset + most > start + filled)
            {
                (start, filled) = (offset, Fill(file, block, offset));
            }

            int at = (int)(offset - start);
            ReadOnlySpan<byte> frame = block.AsSpan(at, int.Min(most, filled - at));
            int size = LeafSize(frame, out string reason);
            if (size == 0)
            {
                return new EntryDamage(index, offset, reason, !AnyFrameAfter(file, offset + 1, length));
            }

            visit(offset + FrameHeaderSize, frame.Slice(FrameHeaderSize, size));
            offset += FrameHeaderSize + size;
        }

        return null;
    }

    /// <summary>The leaf at <paramref name="leafOffset"/>, or null where its frame no longer verifies.</summary>
    public static byte[]? ReadLeaf(SafeFileHandle file, long leafOffset) =>
        TryReadFrame(file, leafOffset - FrameHeaderSize, RandomAccess.GetLength(file));

    private static bool HasHeader(SafeFileHandle file) => ReadAt(file, 0, Header.Length).AsSpan().SequenceEqual(Header);

    private static byte[]? TryReadFrame(SafeFileHandle file, long offset, long fileLength)
    {
        // Most records fit the first read, so that most leaves cost one call.
        byte[] frame = ReadAt(file, offset, (int)long.Min(UsualFrame, long.Max(0, fileLength - offset)));
        if (frame.Length == UsualFrame && LeafSizeField(frame) is > UsualFrame - FrameHeaderSize and var size
            && size <= Envelope.MaxLeafBytes)
        {
            frame = ReadAt(file, offset, (int)long.Min(FrameHeaderSize + size, fileLength - offset));
        }

        int leaf = LeafSize(frame, out _);
        return leaf == 0 ? null : frame[FrameHeaderSize..(FrameHeaderSize + leaf)];
    }

    // Bytes of the leaf in the frame that begins here and may be followed by others; 0 where it is none.
    private static int LeafSize(ReadOnlySpan<byte> frame, out string reason)
    {
        if (frame.Length < FrameHeaderSize)
        {
            reason = "its frame is cut off";
            return 0;
        }

        uint size = LeafSizeField(frame);
        if (size is 0 or > Envelope.MaxLeafBytes || size > frame.Length - FrameHeaderSize)
        {
            reason = $"its length {size} is impossible here";
            return 0;
        }

        bool intact = Crc32C.Of(frame.Slice(FrameHeaderSize, (int)size))
            == BinaryPrimitives.ReadUInt32LittleEndian(frame[CrcOffset..]);
        reason = intact ? "" : "its checksum fails";
        return intact ? (int)size : 0;
    }

    private static uint LeafSizeField(ReadOnlySpan<byte> frame) => BinaryPrimitives.ReadUInt32LittleEndian(frame);

    // A torn tail is an append that never was acknowledged. Where a later frame verifies, the file went on after the
    // damage, so acknowledged entries are involved and dropping anything would lose them. The lengths of random or
    // text bytes are almost never plausible, so few offsets cost a checksum.
    private static bool AnyFrameAfter(SafeFileHandle file, long from, long fileLength)
    {
        const int Window = 1 << 16;
        for (long start = from; start + FrameHeaderSize <= fileLength; start += Window)
        {
            byte[] window = ReadAt(file, start, (int)long.Min(Window + sizeof(uint) - 1, fileLength - start));
            for (int i = 0; i < Window && i + sizeof(uint) <= window.Length; i++)
            {
                uint size = BinaryPrimitives.ReadUInt32LittleEndian(window.AsSpan(i));
                if (size is not 0 and <= Envelope.MaxLeafBytes
                    && TryReadFrame(file, start + i, fileLength) is not null)
                {
                    return true;
                }
            }
        }

        return false;
    }

    private static byte[] ReadAt(SafeFileHandle file, long offset, int count)
    {
        byte[] buffer = new byte[count];
        int filled = Fill(file, buffer, offset);
        return filled == count ? buffer : buffer[..filled];
    }

    private static int Fill(SafeFileHandle file, Span<byte> buffer, long offset)
    {
        int filled = 0;
        while (filled < buffer.Length
            && RandomAccess.Read(file, buffer[filled..], offset + filled) is > 0 and int read)
        {
            filled += read;
        }

        return filled;
    }
}
