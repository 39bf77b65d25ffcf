namespace DigitalTwin.Architecture.Tests;

/// <summary>Fails with every violation on a line of its own, so that one run shows all there is to mend.</summary>
internal static class Violations
{
    public static void None(IEnumerable<string> violations)
    {
        string[] found = [.. violations];
        if (found.Length > 0)
        {
            Assert.Fail(string.Join('\n', found));
        }
    }
}
