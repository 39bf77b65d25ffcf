using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Storage;

/// <summary>The first 64 bytes of a <see cref="TreeFile"/>: which state of the log its content follows from.</summary>
/// <param name="Leaves">Entries.</param>
/// <param name="LogLength">Bytes of the log's file.</param>
/// <param name="LogTime">When the log was last written, in ticks of UTC.</param>
/// <param name="Checksum">CRC-32C of the content.</param>
internal sealed record TreeSeal(long Leaves, long LogLength, long LogTime, uint Checksum)
{
    public const int Size = 64;

    // Keeps sizes that are computed from a forged seal far from overflow.
    private const long MostLeaves = 1L << 48;
    private const int LeavesAt = 16;
    private const int LengthAt = 24;
    private const int TimeAt = 32;
    private const int ChecksumAt = 40;
    private const int OwnChecksumAt = 44;

    private static ReadOnlySpan<byte> Magic => "dtwin-tree/1\n\0\0\0"u8;

    // File systems keep times to a few milliseconds, so a write right after the seal could leave the same time.
    private static readonly TimeSpan Calm = TimeSpan.FromSeconds(1);

    public static long TimeOf(SafeFileHandle file) => File.GetLastWriteTimeUtc(file).Ticks;

    /// <summary>The seal of a file, or null where it has none.</summary>
    public static TreeSeal? Read(SafeFileHandle file)
    {
        byte[] bytes = new byte[Size];
        if (RandomAccess.Read(file, bytes, 0) < Size || !bytes.AsSpan().StartsWith(Magic))
        {
            return null;
        }

        TreeSeal seal = new(
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(LeavesAt)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(LengthAt)),
            BinaryPrimitives.ReadInt64LittleEndian(bytes.AsSpan(TimeAt)),
            BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(ChecksumAt)));
        return seal.Leaves is >= 0 and <= MostLeaves && bytes.AsSpan().SequenceEqual(seal.ToBytes()) ? seal : null;
    }

    public void Write(SafeFileHandle file) => RandomAccess.Write(file, ToBytes(), 0);

    /// <summary>
    /// Whether the log is the file that was sealed, untouched since, and the content what was written.
    /// </summary>
    /// <remarks>
    /// Finds accidents: another log restored beside it, a crash, a bad disk. Against a forger the roots are held
    /// against signed heads, each entry against its hash when it is read, and the verifier does not use this file.
    /// </remarks>
    public bool Fits(SafeFileHandle file, SafeFileHandle log, long contentSize) =>
        RandomAccess.GetLength(log) == LogLength
        && TimeOf(log) == LogTime
        && TimeOf(file) - LogTime >= Calm.Ticks
        && RandomAccess.GetLength(file) == Size + contentSize
        && ChecksumOf(file) == Checksum;

    private static uint ChecksumOf(SafeFileHandle file)
    {
        byte[] block = new byte[1 << 16];
        uint checksum = 0;
        int read;
        for (long at = Size; (read = RandomAccess.Read(file, block, at)) > 0; at += read)
        {
            checksum = Crc32C.Of(block.AsSpan(0, read), checksum);
        }

        return checksum;
    }

    private byte[] ToBytes()
    {
        byte[] bytes = new byte[Size];
        Magic.CopyTo(bytes);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(LeavesAt), Leaves);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(LengthAt), LogLength);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(TimeAt), LogTime);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(ChecksumAt), Checksum);
        BinaryPrimitives.WriteUInt32LittleEndian(
            bytes.AsSpan(OwnChecksumAt), Crc32C.Of(bytes.AsSpan(0, OwnChecksumAt)));
        return bytes;
    }
}
