namespace DigitalTwin.Architecture.Tests;

// Goal: the brace scanner behind the rule on long methods sees what a compiler sees. Method: one source with every
// construct that could mislead it, and the members written down by hand.
public sealed class CSharpMembersTests
{
    private const string Source = """"
        using System;
        [assembly: Marker("}")]
        namespace Sample;

        /// <summary>A { in a comment.</summary>
        [Marker(typeof(int))]
        internal sealed class Log<T>(int size) : Base(size)
            where T : class
        {
            private const string Brace = "}";
            private static readonly int[] Table =
            [
                1,
                2,
            ];

            public string Name { get; } = "{";

            public int Size
            {
                get => size;
            }

            public string Text() => $"{{ {string.Join("}", "a")} }}"
                + @"""}"
                + """
                  } raw {
                  """;

            [Marker("{")]
            public void Write()
            {
                char close = '}';
                /* } */
                if (close == '{') // {
                {
                    void Local()
                    {
                    }

                    Local();
                }
            }

            public static bool operator ==(Log<T> a, Log<T> b) => true;

            private enum Kind
            {
                One = 1,
                Two,
            }

            private record struct Pair(int A = 1, int B = 2);

            private interface INested
            {
                void Go();
            }
        }
        """";

    [Fact]
    public void Members_and_their_lines_are_found()
    {
        Assert.Equal(
            [
                "public string Name: 1",
                "public int Size: 4",
                "public string Text(): 5",
                "public void Write(): 13",
                "public static bool operator ==(Log<T> a, Log<T> b): 1",
                "void Go(): 1",
            ],
            CSharpMembers.Of(Source).Select(member => $"{member.Header}: {member.Lines}"));
    }

    [Theory]
    [InlineData("a // b", "a     ")]
    [InlineData("a /* b\nc */ d", "a     \n     d")]
    [InlineData("x = \"a\\\"b\"; y", "x =       ; y")]
    [InlineData("x = $\"{f(\"}\")}\"; y", "x =            ; y")]
    [InlineData("c = '\\''; y", "c =     ; y")]
    [InlineData("#if A\nx", "     \nx")]
    [InlineData("@class.Go()", "@class.Go()")]
    public void Everything_but_code_is_blanked(string text, string code)
    {
        Assert.Equal(code, CSharpText.CodeOnly(text));
    }

    [Fact]
    public void Every_file_of_the_repository_is_read_to_its_end()
    {
        // A literal that the scanner takes wrongly leaves its braces unbalanced.
        Violations.None(Repository.CSharp.Where(Unbalanced).Select(file => file.Path));
    }

    private static bool Unbalanced(SourceFile file)
    {
        string code = CSharpText.CodeOnly(file.Text);
        return code.Count(sign => sign == '{') != code.Count(sign => sign == '}');
    }
}
