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
}
