namespace DigitalTwin.Clinical.Tests;

/// <summary>A file that lives as long as a test looks at it.</summary>
internal sealed class TemporaryFile : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("digitaltwin-").FullName;

    internal TemporaryFile(string text)
        : this(System.Text.Encoding.UTF8.GetBytes(text))
    {
    }

    internal TemporaryFile(byte[] bytes)
    {
        Path = System.IO.Path.Combine(_folder, "heart.csv");
        File.WriteAllBytes(Path, bytes);
    }

    internal string Path { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}
