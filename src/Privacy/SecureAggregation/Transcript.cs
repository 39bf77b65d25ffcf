using System.Buffers;
using System.Buffers.Binary;
using System.Text;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Bytes to be hashed that no other sequence of fields can produce: every string carries its length.</summary>
/// <remarks>For public fields only: the buffer is not wiped.</remarks>
internal sealed class Transcript
{
    // A lone surrogate must not turn into U+FFFD: two different names would get one encoding.
    private static readonly UTF8Encoding StrictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly ArrayBufferWriter<byte> _bytes = new();

    internal Transcript(ReadOnlySpan<byte> domain) => Append(domain);

    internal Transcript Append(string text) => Append(StrictUtf8.GetBytes(text));

    internal Transcript Append(ReadOnlySpan<byte> bytes)
    {
        Append((uint)bytes.Length);
        _bytes.Write(bytes);
        return this;
    }

    internal Transcript Append(uint number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(uint)];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, number);
        _bytes.Write(bytes);
        return this;
    }

    internal Transcript Append(ulong number)
    {
        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, number);
        _bytes.Write(bytes);
        return this;
    }

    /// <summary>The count, then each name.</summary>
    internal Transcript Append(IReadOnlyCollection<string> names)
    {
        Append((uint)names.Count);
        foreach (string name in names)
        {
            Append(name);
        }

        return this;
    }

    internal byte[] ToArray() => _bytes.WrittenSpan.ToArray();
}
