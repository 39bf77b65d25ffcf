using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DigitalTwin.Models.Networks.Interchange;

/// <summary>One protobuf message, field after field as they are written.</summary>
/// <remarks>
/// "Protocol Buffers: Encoding": a field is its number and wire type as a varint, then a varint, four bytes
/// little-endian, or a length and as many bytes. Repeated numbers stand one by one, as in proto2.
/// </remarks>
internal sealed class ProtobufWriter
{
    private const int VarintType = 0;
    private const int BytesType = 2;
    private const int FourBytesType = 5;

    private readonly ArrayBufferWriter<byte> _bytes = new();

    public ReadOnlySpan<byte> Written => _bytes.WrittenSpan;

    public void Write(int field, long value)
    {
        WriteTag(field, VarintType);
        WriteVarint(unchecked((ulong)value));
    }

    public void Write(int field, float value)
    {
        WriteTag(field, FourBytesType);
        BinaryPrimitives.WriteSingleLittleEndian(_bytes.GetSpan(sizeof(float)), value);
        _bytes.Advance(sizeof(float));
    }

    public void Write(int field, string value) => Write(field, Encoding.UTF8.GetBytes(value));

    public void Write(int field, ProtobufWriter message) => Write(field, message.Written);

    public void Write(int field, ReadOnlySpan<byte> value)
    {
        WriteTag(field, BytesType);
        WriteVarint((ulong)value.Length);
        _bytes.Write(value);
    }

    private void WriteTag(int field, int wireType) => WriteVarint(((ulong)field << 3) | (uint)wireType);

    private void WriteVarint(ulong value)
    {
        while (value >= 0x80)
        {
            WriteByte((byte)((value & 0x7f) | 0x80));
            value >>= 7;
        }

        WriteByte((byte)value);
    }

    private void WriteByte(byte value)
    {
        _bytes.GetSpan(1)[0] = value;
        _bytes.Advance(1);
    }
}
