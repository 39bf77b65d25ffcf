using System.Buffers.Binary;
using System.IO.Compression;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>Inflates the body of a foreign object (RFC 1950), never beyond what a valid one can have.</summary>
/// <remarks>
/// The class library's stream neither notices bytes behind the zlib stream nor a stream cut within its checksum. So the
/// last bytes are handed to it one at a time, which shows where it stops, and the checksum is computed here once more.
/// </remarks>
internal static class ZlibBody
{
    // First step of the buffer; it doubles up to the cap, so that little input allocates little.
    private const int FirstBytes = 4096;

    private const int ChecksumBytes = 4;

    /// <param name="compressed">The whole zlib stream and nothing else.</param>
    /// <param name="what">The object's name in refusals.</param>
    /// <param name="mostBytes">The cap in bytes.</param>
    /// <exception cref="SealFormatException">It is not such a stream, or inflates to more than the cap.</exception>
    internal static byte[] Inflate(ReadOnlySpan<byte> compressed, string what, int mostBytes)
    {
        using SlowlyEndingStream source = new(compressed.ToArray());
        byte[] body = Inflate(source, what, mostBytes);
        if (source.Left > 0)
        {
            throw new SealFormatException($"The zlib stream of the {what} is followed by other bytes.");
        }

        if (compressed.Length < ChecksumBytes
            || BinaryPrimitives.ReadUInt32BigEndian(compressed[^ChecksumBytes..]) != Adler32(body))
        {
            throw new SealFormatException($"The zlib stream of the {what} does not end with its checksum.");
        }

        return body;
    }

    private static byte[] Inflate(SlowlyEndingStream source, string what, int mostBytes)
    {
        byte[] body = new byte[int.Min(FirstBytes, mostBytes)];
        int length = 0;
        try
        {
            using ZLibStream inflating = new(source, CompressionMode.Decompress, leaveOpen: true);
            while (true)
            {
                if (length == body.Length && length < mostBytes)
                {
                    Array.Resize(ref body, (int)long.Min(2L * body.Length, mostBytes));
                }

                // A full buffer reads one byte more: it tells a bomb from a body that just fills the cap.
                int read = length == body.Length
                    ? (inflating.ReadByte() < 0 ? 0 : -1)
                    : inflating.Read(body.AsSpan(length));
                if (read == 0)
                {
                    return body[..length];
                }

                if (read < 0)
                {
                    throw new SealFormatException(
                        $"The {what} inflates to more than the {mostBytes} bytes it can have.");
                }

                length += read;
            }
        }
        catch (Exception malformed) when (malformed is InvalidDataException or IOException)
        {
            // The source is memory: an IOException is zlib's, for a stream that asks for a preset dictionary.
            throw new SealFormatException($"The body of the {what} is not a zlib stream (RFC 1950).", malformed);
        }
    }

    /// <summary>The checksum of RFC 1950, section 9.</summary>
    private static uint Adler32(ReadOnlySpan<byte> bytes)
    {
        const uint Base = 65521;

        // So many bytes of 255 after the largest remainders still fit 32 bits.
        const int Stride = 5552;

        (uint first, uint second) = (1, 0);
        while (!bytes.IsEmpty)
        {
            int taken = int.Min(Stride, bytes.Length);
            foreach (byte value in bytes[..taken])
            {
                first += value;
                second += first;
            }

            (first, second) = (first % Base, second % Base);
            bytes = bytes[taken..];
        }

        return (second << 16) | first;
    }

    /// <summary>Bytes whose last few are given out one at a time, so that no reader takes more than it uses.</summary>
    private sealed class SlowlyEndingStream(byte[] bytes) : MemoryStream(bytes, writable: false)
    {
        private const int SlowBytes = 16;

        public override bool CanSeek => false;

        internal long Left => base.Length - base.Position;

        // The span overload of a derived class comes here, too.
        public override int Read(byte[] buffer, int offset, int count)
            => base.Read(buffer, offset, (int)long.Min(count, long.Max(Left - SlowBytes, 1)));
    }
}
