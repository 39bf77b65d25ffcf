namespace DigitalTwin.Ledger.Encoding;

/// <summary>
/// The canonical bytes of an envelope are three values in a fixed frame, so most leaves are read without a JSON parser.
/// </summary>
internal static class EnvelopeLayout
{
    private static ReadOnlySpan<byte> BeforePayload => "{\"payload\":\""u8;

    private static ReadOnlySpan<byte> BeforeKeyId =>
        "\",\"payloadType\":\"application/vnd.in-toto+json\",\"signatures\":[{\"keyid\":\""u8;

    private static ReadOnlySpan<byte> BeforeSignature => "\",\"sig\":\""u8;

    private static ReadOnlySpan<byte> End => "\"}]}"u8;

    /// <summary>
    /// Where the three values stand; false where the leaf has another form, which a JSON parser then tells apart.
    /// </summary>
    /// <remarks>The values end at the first quotation mark, and base64 and hex have nothing to escape.</remarks>
    public static bool TryRead(ReadOnlySpan<byte> leaf, out Range payload, out Range keyId, out Range signature)
    {
        int at = 0;
        bool fits = Value(leaf, ref at, BeforePayload, out payload);
        fits &= Value(leaf, ref at, BeforeKeyId, out keyId);
        fits &= Value(leaf, ref at, BeforeSignature, out signature);
        return fits && leaf[at..].SequenceEqual(End);
    }

    private static bool Value(ReadOnlySpan<byte> leaf, ref int at, ReadOnlySpan<byte> before, out Range value)
    {
        value = default;
        ReadOnlySpan<byte> rest = leaf[at..];
        int end = rest.StartsWith(before) ? rest[before.Length..].IndexOf((byte)'"') : -1;
        if (end < 0)
        {
            return false;
        }

        value = (at + before.Length)..(at + before.Length + end);
        at += before.Length + end;
        return true;
    }
}
