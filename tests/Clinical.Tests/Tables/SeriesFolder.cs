namespace DigitalTwin.Clinical.Tests.Tables;

/// <summary>A folder with the two files of a series, for as long as a test looks at it.</summary>
internal sealed class SeriesFolder : IDisposable
{
    internal SeriesFolder(string? patients, string? events)
    {
        Write("patients.csv", patients);
        Write("events.csv", events);
    }

    internal string Path { get; } = Directory.CreateTempSubdirectory("digitaltwin-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);

    private void Write(string name, string? text)
    {
        if (text is not null)
        {
            File.WriteAllText(System.IO.Path.Combine(Path, name), text);
        }
    }
}
