using System.Buffers.Binary;

namespace DigitalTwin.Scenarios.Tests.Hosting;

/// <summary>Reads what a client sent over HTTP/2 (RFC 9113, section 4.1): the DATA frames, stream by stream.</summary>
internal static class Http2Payload
{
    private const int HeaderBytes = 9;
    private const byte DataFrame = 0;

    private static ReadOnlySpan<byte> Preface => "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8;

    /// <summary>The payload of each stream, one after the other.</summary>
    /// <param name="sent">All bytes of one connection; a frame that was cut off at the end is left out.</param>
    public static byte[] Of(byte[] sent)
    {
        SortedDictionary<uint, MemoryStream> streams = [];
        int at = sent.AsSpan().StartsWith(Preface) ? Preface.Length : sent.Length;
        while (at + HeaderBytes <= sent.Length)
        {
            ReadOnlySpan<byte> header = sent.AsSpan(at, HeaderBytes);
            int length = (header[0] << 16) | (header[1] << 8) | header[2];
            uint stream = BinaryPrimitives.ReadUInt32BigEndian(header[5..]);
            at += HeaderBytes;
            if (header[3] == DataFrame && at + length <= sent.Length)
            {
                streams.TryAdd(stream, new MemoryStream());
                streams[stream].Write(sent, at, length);
            }

            at += length;
        }

        return [.. streams.Values.SelectMany(stream => stream.ToArray())];
    }
}
