using System.Globalization;
using System.Text;

namespace DigitalTwin.Cli.Reporting;

/// <summary>Text from elsewhere, made safe to print.</summary>
internal static class TerminalText
{
    /// <summary>
    /// Replaces control and format characters: a name chosen by another organisation must not move the cursor, change
    /// colours or hide what follows it on the operator's terminal.
    /// </summary>
    public static string Plain(string text)
    {
        StringBuilder plain = new(text.Length);
        foreach (Rune rune in text.EnumerateRunes())
        {
            bool visible = Rune.GetUnicodeCategory(rune) is not (
                UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
                or UnicodeCategory.ParagraphSeparator);
            plain.Append(visible ? rune.ToString() : "\uFFFD");
        }

        return plain.ToString();
    }
}
