using System.Globalization;
using System.Text;

namespace DigitalTwin.Ledger.Encoding;

/// <summary>
/// Whether a text is certainly in Unicode normal form C, so that it looks and hashes the same everywhere.
/// </summary>
/// <remarks>
/// The class library answers <c>IsNormalized</c> with true for every text when globalisation is invariant, as it is
/// here, so the rule is our own: every character must be stable in form C by itself (UAX #15). Combining marks,
/// conjoining jamo, unassigned code points and characters that form C replaces are refused. Precomposed letters,
/// Han, Hangul syllables, Greek, Cyrillic, Hebrew and Arabic letters pass; vowel signs of Indic scripts do not.
/// </remarks>
internal static class NormalText
{
    // First and last code point of each range with NFC(c) != c. Made with Python 3.11 (Unicode 14.0):
    // [c for c in range(0x110000) if unicodedata.normalize("NFC", chr(c)) != chr(c)]
    private static readonly int[] Replaced =
    [
        0x340, 0x341, 0x343, 0x344, 0x374, 0x374, 0x37E, 0x37E, 0x387, 0x387, 0x958, 0x95F, 0x9DC, 0x9DD,
        0x9DF, 0x9DF, 0xA33, 0xA33, 0xA36, 0xA36, 0xA59, 0xA5B, 0xA5E, 0xA5E, 0xB5C, 0xB5D, 0xF43, 0xF43,
        0xF4D, 0xF4D, 0xF52, 0xF52, 0xF57, 0xF57, 0xF5C, 0xF5C, 0xF69, 0xF69, 0xF73, 0xF73, 0xF75, 0xF76,
        0xF78, 0xF78, 0xF81, 0xF81, 0xF93, 0xF93, 0xF9D, 0xF9D, 0xFA2, 0xFA2, 0xFA7, 0xFA7, 0xFAC, 0xFAC,
        0xFB9, 0xFB9, 0x1F71, 0x1F71, 0x1F73, 0x1F73, 0x1F75, 0x1F75, 0x1F77, 0x1F77, 0x1F79, 0x1F79,
        0x1F7B, 0x1F7B, 0x1F7D, 0x1F7D, 0x1FBB, 0x1FBB, 0x1FBE, 0x1FBE, 0x1FC9, 0x1FC9, 0x1FCB, 0x1FCB,
        0x1FD3, 0x1FD3, 0x1FDB, 0x1FDB, 0x1FE3, 0x1FE3, 0x1FEB, 0x1FEB, 0x1FEE, 0x1FEF, 0x1FF9, 0x1FF9,
        0x1FFB, 0x1FFB, 0x1FFD, 0x1FFD, 0x2000, 0x2001, 0x2126, 0x2126, 0x212A, 0x212B, 0x2329, 0x232A,
        0x2ADC, 0x2ADC, 0xF900, 0xFA0D, 0xFA10, 0xFA10, 0xFA12, 0xFA12, 0xFA15, 0xFA1E, 0xFA20, 0xFA20,
        0xFA22, 0xFA22, 0xFA25, 0xFA26, 0xFA2A, 0xFA6D, 0xFA70, 0xFAD9, 0xFB1D, 0xFB1D, 0xFB1F, 0xFB1F,
        0xFB2A, 0xFB36, 0xFB38, 0xFB3C, 0xFB3E, 0xFB3E, 0xFB40, 0xFB41, 0xFB43, 0xFB44, 0xFB46, 0xFB4E,
        0x1D15E, 0x1D164, 0x1D1BB, 0x1D1C0, 0x2F800, 0x2FA1D,
    ];

    /// <summary>Null where <paramref name="text"/> is in form C, else the sentence that says what is wrong.</summary>
    public static string? Refuses(string text)
    {
        if (System.Text.Ascii.IsValid(text))
        {
            return null;
        }

        for (int i = 0; i < text.Length;)
        {
            if (!Rune.TryGetRuneAt(text, i, out Rune rune))
            {
                return "A string holds a lone surrogate.";
            }

            if (!IsStable(rune))
            {
                return $"U+{rune.Value:X4} is not accepted: use the precomposed character (Unicode form C).";
            }

            i += rune.Utf16SequenceLength;
        }

        return null;
    }

    private static bool IsStable(Rune rune)
    {
        UnicodeCategory category = Rune.GetUnicodeCategory(rune);
        if (category is UnicodeCategory.NonSpacingMark or UnicodeCategory.SpacingCombiningMark
            or UnicodeCategory.EnclosingMark or UnicodeCategory.OtherNotAssigned)
        {
            return false;
        }

        // Vowel and trailing jamo compose with what stands before them (Unicode standard, section 3.12).
        if (rune.Value is (>= 0x1161 and <= 0x1175) or (>= 0x11A8 and <= 0x11C2))
        {
            return false;
        }

        int at = Array.BinarySearch(Replaced, rune.Value);
        return at < 0 && int.IsEvenInteger(~at);
    }
}
