namespace DigitalTwin.Ledger.Encoding;

/// <summary>Whether valid JSON is laid out canonically, seen from its bytes in one pass.</summary>
/// <remarks>
/// Says yes only where writing the value anew (<see cref="CanonicalJson.Serialize"/>) would give the same bytes; says
/// no also where it would be laborious to see (an escape, a key beyond ASCII), so that the writer decides.
/// </remarks>
internal ref struct CanonicalLayout
{
    // 2^53−1 has 16 digits, so no number of as many overflows 64 bits.
    private const int MostDigits = 16;

    private ReadOnlySpan<byte> _rest;

    private CanonicalLayout(ReadOnlySpan<byte> utf8) => _rest = utf8;

    public static bool Holds(ReadOnlySpan<byte> utf8)
    {
        CanonicalLayout layout = new(utf8);
        return layout.Value(CanonicalJson.MaxDepth) && layout._rest.IsEmpty;
    }

    private bool Value(int depthLeft) => _rest.IsEmpty ? false : _rest[0] switch
    {
        (byte)'"' => Text(out _, out _),
        (byte)'{' => depthLeft > 0 && Members(depthLeft - 1),
        (byte)'[' => depthLeft > 0 && Items(depthLeft - 1),
        (byte)'t' => Take("true"u8),
        (byte)'f' => Take("false"u8),
        (byte)'n' => Take("null"u8),
        _ => Number(),
    };

    private bool Members(int depthLeft)
    {
        _rest = _rest[1..];
        if (Take("}"u8))
        {
            return true;
        }

        ReadOnlySpan<byte> before = default;
        bool first = true;
        do
        {
            // Bytes of ASCII keys stand in the order of their UTF-16 units; equal keys are in no order.
            if (!Text(out ReadOnlySpan<byte> key, out bool ascii) || !ascii
                || (!first && before.SequenceCompareTo(key) >= 0)
                || !Take(":"u8) || !Value(depthLeft))
            {
                return false;
            }

            before = key;
            first = false;
        }
        while (Take(","u8));
        return Take("}"u8);
    }

    private bool Items(int depthLeft)
    {
        _rest = _rest[1..];
        if (Take("]"u8))
        {
            return true;
        }

        do
        {
            if (!Value(depthLeft))
            {
                return false;
            }
        }
        while (Take(","u8));
        return Take("]"u8);
    }

    private bool Text(scoped out ReadOnlySpan<byte> content, out bool ascii)
    {
        content = default;
        ascii = false;
        if (!Take("\""u8))
        {
            return false;
        }

        int end = _rest.IndexOfAny((byte)'"', (byte)'\\');
        if (end < 0 || _rest[end] == '\\')
        {
            return false;
        }

        content = _rest[..end];
        _rest = _rest[(end + 1)..];
        ascii = System.Text.Ascii.IsValid(content);
        return (ascii || NormalText.Refuses(System.Text.Encoding.UTF8.GetString(content)) is null)
            && !content.ContainsAnyInRange((byte)0, (byte)(' ' - 1));
    }

    private bool Number()
    {
        bool negative = Take("-"u8);
        int digits = _rest.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        digits = digits < 0 ? _rest.Length : digits;
        if (digits is 0 or > MostDigits || (_rest[0] == '0' && (digits > 1 || negative)))
        {
            return false;
        }

        long number = 0;
        foreach (byte digit in _rest[..digits])
        {
            number = (10 * number) + (digit - '0');
        }

        _rest = _rest[digits..];
        return number <= CanonicalJson.LargestInteger;
    }

    private bool Take(ReadOnlySpan<byte> expected)
    {
        if (!_rest.StartsWith(expected))
        {
            return false;
        }

        _rest = _rest[expected.Length..];
        return true;
    }
}
