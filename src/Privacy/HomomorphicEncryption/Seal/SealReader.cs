using System.Buffers.Binary;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>Reads the fields of one object's body from front to back; nothing may be left over.</summary>
/// <remarks>
/// The bytes are foreign: lengths are compared with what is there before anything is allocated, and every failure is a
/// <see cref="SealFormatException"/> with a sentence.
/// </remarks>
internal ref struct SealReader
{
    private readonly string _what;
    private readonly SealEncoding _encoding;
    private ReadOnlySpan<byte> _rest;

    private SealReader(ReadOnlySpan<byte> body, SealEncoding encoding, string what)
    {
        _rest = body;
        _encoding = encoding;
        _what = what;
    }

    /// <summary>Version and compression of the object.</summary>
    internal readonly SealEncoding Encoding => _encoding;

    /// <summary>Bytes of the body not read yet.</summary>
    internal readonly int Left => _rest.Length;

    /// <summary>Opens the outermost object.</summary>
    /// <param name="bytes">The object and nothing else.</param>
    /// <param name="what">The object's name in refusals.</param>
    /// <param name="mostBodyBytes">No body is inflated further than this; the largest valid body in bytes.</param>
    internal static SealReader Open(ReadOnlySpan<byte> bytes, string what, int mostBodyBytes)
    {
        SealHeader header = SealHeader.Parse(bytes, what);
        if (header.TotalBytes != (ulong)bytes.Length)
        {
            throw new SealFormatException(
                $"The {what} announces {header.TotalBytes} bytes and is followed by others: there are {bytes.Length}.");
        }

        ReadOnlySpan<byte> body = bytes[SealHeader.Bytes..];
        return new SealReader(
            header.Encoding.Compression == SealCompression.Zlib ? ZlibBody.Inflate(body, what, mostBodyBytes) : body,
            header.Encoding,
            what);
    }

    /// <summary>Opens the next object of this body.</summary>
    internal SealReader ReadNested(string what)
    {
        SealHeader header = SealHeader.Parse(_rest, what);
        if (header.Encoding != _encoding with { Compression = SealCompression.None })
        {
            throw new SealFormatException(
                $"The {what} inside the {_what} is compressed or of another version than what it lies in.");
        }

        ReadOnlySpan<byte> body = Take((int)header.TotalBytes)[SealHeader.Bytes..];
        return new SealReader(body, header.Encoding, what);
    }

    internal byte ReadByte() => Take(sizeof(byte))[0];

    internal ulong ReadWord() => BinaryPrimitives.ReadUInt64LittleEndian(Take(sizeof(ulong)));

    internal double ReadDouble() => BinaryPrimitives.ReadDoubleLittleEndian(Take(sizeof(double)));

    internal ReadOnlySpan<byte> ReadBytes(int count) => Take(count);

    internal ParmsId ReadParmsId() => ParmsId.Read(Take(ParmsId.Bytes));

    /// <summary>Reads words into the whole of <paramref name="destination"/>.</summary>
    internal void ReadWords(Span<ulong> destination)
    {
        ReadOnlySpan<byte> source = Take(destination.Length * sizeof(ulong));
        for (int i = 0; i < destination.Length; i++)
        {
            destination[i] = BinaryPrimitives.ReadUInt64LittleEndian(source[(i * sizeof(ulong))..]);
        }
    }

    /// <summary>Refuses bytes behind the last field.</summary>
    internal readonly void RequireEnd()
    {
        if (!_rest.IsEmpty)
        {
            throw new SealFormatException($"The {_what} has {_rest.Length} bytes behind its last field.");
        }
    }

    private ReadOnlySpan<byte> Take(int count)
    {
        if (count > _rest.Length)
        {
            throw new SealFormatException($"The {_what} ends {count - _rest.Length} bytes too early.");
        }

        ReadOnlySpan<byte> taken = _rest[..count];
        _rest = _rest[count..];
        return taken;
    }
}
