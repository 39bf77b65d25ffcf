using System.Buffers;
using System.Buffers.Text;

namespace DigitalTwin.Ledger.Encoding;

/// <summary>Standard base64 with exactly one text per byte string: no white space, no stray trailing bits.</summary>
internal static class StrictBase64
{
    /// <summary>The bytes of <paramref name="text"/>, or null where another text would be the canonical one.</summary>
    public static byte[]? Decode(ReadOnlySpan<char> text)
    {
        byte[] buffer = new byte[text.Length];
        if (!Convert.TryFromBase64Chars(text, buffer, out int written))
        {
            return null;
        }

        Array.Resize(ref buffer, written);
        return text.SequenceEqual(Convert.ToBase64String(buffer)) ? buffer : null;
    }

    /// <summary>The same for ASCII text.</summary>
    public static byte[]? Decode(ReadOnlySpan<byte> ascii)
    {
        byte[] buffer = new byte[Base64.GetMaxDecodedFromUtf8Length(ascii.Length)];
        byte[] again = ArrayPool<byte>.Shared.Rent(ascii.Length + sizeof(uint));
        try
        {
            bool canonical = Base64.DecodeFromUtf8(ascii, buffer, out _, out int written) == OperationStatus.Done
                && Base64.EncodeToUtf8(buffer.AsSpan(0, written), again, out _, out int length) == OperationStatus.Done
                && ascii.SequenceEqual(again.AsSpan(0, length));
            return canonical ? buffer[..written] : null;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(again);
        }
    }
}
