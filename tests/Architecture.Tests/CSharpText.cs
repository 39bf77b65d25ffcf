namespace DigitalTwin.Architecture.Tests;

/// <summary>C# with everything that is not code blanked out, so that simple scanners see code only.</summary>
/// <remarks>
/// Knows comments, character, string, verbatim, raw and interpolated literals and preprocessor lines. It is no parser:
/// good enough to count lines of members and to search for names, and tested for that.
/// </remarks>
internal static class CSharpText
{
    /// <summary>The same text, as long and with the same line ends, but spaces for comments and literals.</summary>
    public static string CodeOnly(string text)
    {
        char[] code = text.ToCharArray();
        int at = 0;
        while (at < text.Length)
        {
            int end = EndOfIgnored(text, at);
            if (end == at)
            {
                at++;
                continue;
            }

            for (; at < end; at++)
            {
                code[at] = code[at] == '\n' ? '\n' : ' ';
            }
        }

        return new string(code);
    }

    // The end of the comment, literal or directive that begins here, or the same place when none does.
    private static int EndOfIgnored(string text, int at)
    {
        char here = text[at];
        char next = at + 1 < text.Length ? text[at + 1] : '\0';
        return here switch
        {
            '/' when next == '/' => EndOfLine(text, at),
            '/' when next == '*' => After(text, "*/", at + 2),
            '#' when text[(text.LastIndexOf('\n', at) + 1)..at].Trim().Length == 0 => EndOfLine(text, at),
            '\'' => EndOfCharacter(text, at),
            '"' or '$' or '@' => EndOfString(text, at),
            _ => at,
        };
    }

    private static int EndOfString(string text, int at)
    {
        int quote = at;
        while (quote < text.Length && text[quote] is '$' or '@')
        {
            quote++;
        }

        if (quote >= text.Length || text[quote] != '"')
        {
            return at;
        }

        string prefix = text[at..quote];
        int quotes = 0;
        while (quote + quotes < text.Length && text[quote + quotes] == '"')
        {
            quotes++;
        }

        bool verbatim = prefix.Contains('@');
        if (quotes >= 3 && !verbatim)
        {
            return After(text, new string('"', quotes), quote + quotes);
        }

        return quotes == 2 && !verbatim
            ? quote + 2
            : EndOfQuoted(text, quote + 1, verbatim, interpolated: prefix.Contains('$'));
    }

    private static int EndOfQuoted(string text, int at, bool verbatim, bool interpolated)
    {
        while (at < text.Length)
        {
            switch (text[at])
            {
                case '\\' when !verbatim:
                    at += 2;
                    break;
                case '"' when verbatim && at + 1 < text.Length && text[at + 1] == '"':
                case '{' when interpolated && at + 1 < text.Length && text[at + 1] == '{':
                    at += 2;
                    break;
                case '"':
                    return at + 1;
                case '{' when interpolated:
                    at = EndOfHole(text, at + 1);
                    break;
                default:
                    at++;
                    break;
            }
        }

        return text.Length;
    }

    private static int EndOfHole(string text, int at)
    {
        int depth = 1;
        while (at < text.Length && depth > 0)
        {
            int end = EndOfIgnored(text, at);
            if (end > at)
            {
                at = end;
                continue;
            }

            depth += text[at] switch { '{' => 1, '}' => -1, _ => 0 };
            at++;
        }

        return at;
    }

    private static int EndOfCharacter(string text, int at)
    {
        int end = at + 1 < text.Length && text[at + 1] == '\\' ? at + 3 : at + 2;
        while (end < text.Length && text[end] is not ('\'' or '\n'))
        {
            end++;
        }

        return Math.Min(text.Length, end + 1);
    }

    private static int EndOfLine(string text, int at) => text.IndexOf('\n', at) is int end and >= 0 ? end : text.Length;

    private static int After(string text, string mark, int from) =>
        text.IndexOf(mark, from, StringComparison.Ordinal) is int found and >= 0 ? found + mark.Length : text.Length;
}
