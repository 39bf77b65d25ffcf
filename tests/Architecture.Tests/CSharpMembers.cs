using System.Text.RegularExpressions;

namespace DigitalTwin.Architecture.Tests;

/// <summary>A method, constructor, operator or property, and its lines without comments above it.</summary>
internal readonly record struct Member(string Header, int FirstLine, int Lines);

/// <summary>Finds the members of a C# file by its braces.</summary>
internal static partial class CSharpMembers
{
    /// <summary>All members with code; fields are data and left out, local functions belong to their method.</summary>
    public static IReadOnlyList<Member> Of(string text)
    {
        List<Member> members = [];
        string code = CSharpText.CodeOnly(text);
        int at = 0;
        while (at < code.Length)
        {
            at = Math.Max(at + 1, Read(code, at, members));
        }

        return members;
    }

    // Reads one declaration that begins at or after `at`, going into namespaces and types; returns where it ends.
    private static int Read(string code, int at, List<Member> members)
    {
        at = StartOfDeclaration(code, at);
        int headerEnd = EndOfHeader(code, at);
        string header = code[at..headerEnd];
        bool block = headerEnd < code.Length && code[headerEnd] == '{';
        Match kind = TypeOrNamespace().Match(header.Split('(', '<', ':')[0]);
        if (kind.Success)
        {
            return block && kind.Value != "enum" ? ReadBlock(code, headerEnd, members) : EndOf(code, headerEnd);
        }

        int end = EndOf(code, headerEnd);
        bool data = headerEnd + 1 < code.Length && code[headerEnd] == '=' && code[headerEnd + 1] != '>';
        bool import = header.StartsWith("using ", StringComparison.Ordinal);
        if (!data && !import && header.Length > 0)
        {
            string[] words = header.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
            int first = LineOf(code, at);
            members.Add(new Member(string.Join(' ', words), first, LineOf(code, end - 1) - first + 1));
        }

        return end;
    }

    private static int ReadBlock(string code, int open, List<Member> members)
    {
        int at = StartOfDeclaration(code, open + 1);
        while (at < code.Length && code[at] != '}')
        {
            at = StartOfDeclaration(code, Read(code, at, members));
        }

        return at + 1;
    }

    // Past white space, stray semicolons and attributes.
    private static int StartOfDeclaration(string code, int at)
    {
        while (at < code.Length && (char.IsWhiteSpace(code[at]) || code[at] is ';' or '['))
        {
            at = code[at] == '[' ? EndOfBracketed(code, at) : at + 1;
        }

        return at;
    }

    // The first of `{`, `;`, `=>` and `=` outside parentheses and brackets. An operator's own sign is no end.
    private static int EndOfHeader(string code, int at)
    {
        int depth = 0;
        for (int i = at; i < code.Length; i++)
        {
            depth += code[i] switch { '(' or '[' => 1, ')' or ']' => -1, _ => 0 };
            if (depth == 0 && (code[i] is '{' or ';' or '}'))
            {
                return i;
            }

            if (depth == 0 && code[i] == '=' && !Operator().IsMatch(code[at..i]))
            {
                return i;
            }
        }

        return code.Length;
    }

    private static int EndOf(string code, int headerEnd) => headerEnd < code.Length && code[headerEnd] == '{'
        ? EndOfBracketed(code, headerEnd)
        : EndOfStatement(code, headerEnd);

    private static int EndOfBracketed(string code, int open)
    {
        int depth = 0;
        for (int i = open; i < code.Length; i++)
        {
            depth += Nesting(code[i]);
            if (depth == 0)
            {
                return i + 1;
            }
        }

        return code.Length;
    }

    private static int EndOfStatement(string code, int from)
    {
        int depth = 0;
        for (int i = from; i < code.Length; i++)
        {
            depth += Nesting(code[i]);
            if (depth == 0 && code[i] == ';')
            {
                return i + 1;
            }
        }

        return code.Length;
    }

    private static int Nesting(char sign) => sign switch
    {
        '(' or '[' or '{' => 1,
        ')' or ']' or '}' => -1,
        _ => 0,
    };

    private static int LineOf(string code, int at) => code.AsSpan(0, at).Count('\n') + 1;

    [GeneratedRegex(@"\b(namespace|class|struct|interface|record|enum)\b")]
    private static partial Regex TypeOrNamespace();

    [GeneratedRegex(@"\boperator\s*[=!<>]?$")]
    private static partial Regex Operator();
}
