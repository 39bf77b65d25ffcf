using System.Buffers.Binary;
using System.Numerics;

namespace DigitalTwin.Ledger.Storage;

/// <summary>CRC-32C (Castagnoli, RFC 3720 appendix B.4): finds accidents on disk, not attackers.</summary>
internal static class Crc32C
{
    public static uint Of(ReadOnlySpan<byte> bytes) => Of(bytes, before: 0);

    /// <summary>The sum of some bytes and these, given that of those before.</summary>
    public static uint Of(ReadOnlySpan<byte> bytes, uint before)
    {
        uint crc = ~before;
        for (; bytes.Length >= sizeof(ulong); bytes = bytes[sizeof(ulong)..])
        {
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(bytes));
        }

        foreach (byte b in bytes)
        {
            crc = BitOperations.Crc32C(crc, b);
        }

        return ~crc;
    }
}
