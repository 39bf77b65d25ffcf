using System.Buffers.Binary;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>The 16 bytes before every serialized object, nested ones too (SEAL: serialization.h, SEALHeader).</summary>
/// <param name="Encoding">Version and compression.</param>
/// <param name="TotalBytes">Length of the object in bytes, this header included.</param>
internal readonly record struct SealHeader(SealEncoding Encoding, ulong TotalBytes)
{
    internal const int Bytes = 16;

    // Little-endian 0xA15E.
    private const ushort Magic = 0xA15E;

    /// <summary>Reads and checks a header and that the announced object lies within the given bytes.</summary>
    /// <exception cref="SealFormatException">There is no such object in <paramref name="bytes"/>.</exception>
    internal static SealHeader Parse(ReadOnlySpan<byte> bytes, string what)
    {
        if (bytes.Length < Bytes)
        {
            throw new SealFormatException($"The {what} ends within its header of {Bytes} bytes.");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes) != Magic || bytes[2] != Bytes)
        {
            throw new SealFormatException($"The {what} does not begin with the header of a SEAL object (5E A1 10).");
        }

        byte compression = bytes[5];
        if (compression is not ((byte)SealCompression.None or (byte)SealCompression.Zlib))
        {
            throw new SealFormatException(
                $"The {what} has compression {compression}; ask the sender for none (0) or zlib (1).");
        }

        SealEncoding encoding = new(bytes[3], bytes[4], (SealCompression)compression);
        if (!encoding.IsKnown)
        {
            throw new SealFormatException(
                $"The {what} is of SEAL version {encoding.Major}.{encoding.Minor}; known are 3.4 and later, and 4.");
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(bytes[6..]) != 0)
        {
            throw new SealFormatException($"The reserved bytes in the header of the {what} are not zero.");
        }

        ulong total = BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]);
        if (total < Bytes || total > (ulong)bytes.Length)
        {
            throw new SealFormatException($"The {what} announces {total} bytes where there are {bytes.Length}.");
        }

        return new SealHeader(encoding, total);
    }

    internal void Write(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(destination, Magic);
        destination[2] = Bytes;
        destination[3] = Encoding.Major;
        destination[4] = Encoding.Minor;
        destination[5] = (byte)Encoding.Compression;
        BinaryPrimitives.WriteUInt16LittleEndian(destination[6..], 0);
        BinaryPrimitives.WriteUInt64LittleEndian(destination[8..], TotalBytes);
    }
}
