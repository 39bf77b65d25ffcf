using System.Reflection;

namespace DigitalTwin.Ledger.Tests;

/// <summary>A text file of vectors that is built into the tests; each names its source in its first lines.</summary>
internal static class VectorFile
{
    /// <summary>The lines without comments, split at spaces.</summary>
    public static IEnumerable<string[]> Read(string name)
    {
        using Stream stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)
            ?? throw new FileNotFoundException($"There is no resource {name}.");
        using StreamReader reader = new(stream);
        while (reader.ReadLine() is { } line)
        {
            string data = line.Split('#')[0].TrimEnd();
            if (data.Length > 0)
            {
                yield return data.Split(' ');
            }
        }
    }
}
