using System.Buffers.Binary;
using System.IO.Compression;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>Writes one object: a body of known length, its header, and its nested objects with theirs.</summary>
internal sealed class SealWriter
{
    private readonly SealEncoding _encoding;
    private readonly byte[] _bytes;
    private int _written = SealHeader.Bytes;

    /// <param name="bodyBytes">Length of the body in bytes, headers of nested objects included.</param>
    /// <exception cref="SealFormatException">The version is not one that is written.</exception>
    internal SealWriter(SealEncoding encoding, int bodyBytes)
    {
        if (!encoding.IsKnown || encoding.Compression is not (SealCompression.None or SealCompression.Zlib))
        {
            throw new SealFormatException(
                $"SEAL {encoding.Major}.{encoding.Minor} with compression {encoding.Compression} is not written.");
        }

        _encoding = encoding;

        // Pinned, because the object may be a secret key: the collector leaves no copy behind.
        _bytes = GC.AllocateArray<byte>(SealHeader.Bytes + bodyBytes, pinned: true);
    }

    /// <summary>Begins a nested object of the given body length.</summary>
    internal void BeginNested(int bodyBytes)
    {
        SealEncoding nested = _encoding with { Compression = SealCompression.None };
        new SealHeader(nested, (ulong)(SealHeader.Bytes + bodyBytes)).Write(Take(SealHeader.Bytes));
    }

    internal void WriteByte(byte value) => Take(sizeof(byte))[0] = value;

    internal void WriteWord(ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(Take(sizeof(ulong)), value);

    internal void WriteDouble(double value) => BinaryPrimitives.WriteDoubleLittleEndian(Take(sizeof(double)), value);

    internal void WriteBytes(ReadOnlySpan<byte> value) => value.CopyTo(Take(value.Length));

    internal void WriteParmsId(ParmsId id) => id.Write(Take(ParmsId.Bytes));

    /// <summary>A DynArray: header, count, words (SEAL: dynarray.h).</summary>
    internal void WriteArray(ReadOnlySpan<ulong> words)
    {
        BeginNested(sizeof(ulong) + (words.Length * sizeof(ulong)));
        WriteWord((ulong)words.Length);
        Span<byte> destination = Take(words.Length * sizeof(ulong));
        for (int i = 0; i < words.Length; i++)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(destination[(i * sizeof(ulong))..], words[i]);
        }
    }

    /// <summary>The finished object.</summary>
    internal byte[] Finish()
    {
        if (_written != _bytes.Length)
        {
            throw new InvalidOperationException($"{_written} bytes written of {_bytes.Length}.");
        }

        if (_encoding.Compression == SealCompression.None)
        {
            new SealHeader(_encoding, (ulong)_bytes.Length).Write(_bytes);
            return _bytes;
        }

        using MemoryStream compressed = new();
        compressed.Write(_bytes.AsSpan(0, SealHeader.Bytes));
        using (ZLibStream deflating = new(compressed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflating.Write(_bytes.AsSpan(SealHeader.Bytes));
        }

        byte[] bytes = compressed.ToArray();
        new SealHeader(_encoding, (ulong)bytes.Length).Write(bytes);
        return bytes;
    }

    private Span<byte> Take(int count)
    {
        Span<byte> taken = _bytes.AsSpan(_written, count);
        _written += count;
        return taken;
    }
}
