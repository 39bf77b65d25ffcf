using System.Globalization;
using System.IO.Compression;

namespace DigitalTwin.Scenarios;

/// <summary>
/// The PhysioNet/CinC Challenge 2012, set A, as folders that the contract <c>icu-mortality/v1</c> reads: one per kind
/// of intensive care unit, which stands for a hospital.
/// </summary>
internal sealed class ChallengeFolder : IDisposable
{
    /// <summary>ICUType 1 to 4.</summary>
    public static readonly IReadOnlyList<string> Units = ["coronary", "cardiac-surgery", "medical", "surgical"];

    private const int MostScore = 100;

    private readonly string _root = Directory.CreateTempSubdirectory("digitaltwin-icu-").FullName;

    /// <param name="source">Folder of set_a_long.csv.gz, set_a_static.csv and outcomes-a.csv.</param>
    /// <exception cref="IOException">A file is missing or has other columns.</exception>
    public ChallengeFolder(string source)
    {
        Dictionary<string, int> unitOf = WritePatients(source);
        WriteEvents(Path.Combine(source, "set_a_long.csv.gz"), unitOf);
    }

    /// <summary>
    /// For each unit and row of its patients.csv the SAPS-I of that patient, in hundreds; NaN where it is unknown.
    /// </summary>
    public IReadOnlyList<List<double>> SapsI { get; } = [[], [], [], []];

    public string Of(int unit) => Path.Combine(_root, Units[unit]);

    public void Dispose() => Directory.Delete(_root, recursive: true);

    private Dictionary<string, int> WritePatients(string source)
    {
        Dictionary<string, string[]> outcomes = Rows(
                Path.Combine(source, "outcomes-a.csv"),
                "RecordID,SAPS-I,SOFA,Length_of_stay,Survival,In-hospital_death")
            .ToDictionary(cells => cells[0]);
        Dictionary<string, int> unitOf = [];
        StreamWriter[] files = Open("patients.csv", "record,age,sex,died");
        foreach (string[] cells in Rows(
            Path.Combine(source, "set_a_static.csv"), "RecordID,Age,Gender,Height,ICUType,Weight0"))
        {
            int unit = int.Parse(cells[4], CultureInfo.InvariantCulture) - 1;
            string[] outcome = outcomes[cells[0]];
            unitOf.Add(cells[0], unit);
            files[unit].WriteLine(string.Join(',', cells[0], cells[1], cells[2], outcome[5]));
            int score = int.Parse(outcome[1], CultureInfo.InvariantCulture);
            SapsI[unit].Add(score is >= 0 and <= MostScore ? score / (double)MostScore : double.NaN);
        }

        Array.ForEach(files, file => file.Dispose());
        return unitOf;
    }

    private void WriteEvents(string path, Dictionary<string, int> unitOf)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        Require(path, reader.ReadLine(), "RecordID,Minute,Parameter,Value");
        StreamWriter[] files = Open("events.csv", "record,minute,signal,value");
        while (reader.ReadLine() is { } line)
        {
            if (unitOf.TryGetValue(line[..line.IndexOf(',', StringComparison.Ordinal)], out int unit))
            {
                files[unit].WriteLine(line);
            }
        }

        Array.ForEach(files, file => file.Dispose());
    }

    private StreamWriter[] Open(string name, string header)
    {
        StreamWriter[] files = new StreamWriter[Units.Count];
        for (int unit = 0; unit < files.Length; unit++)
        {
            Directory.CreateDirectory(Of(unit));
            files[unit] = new StreamWriter(Path.Combine(Of(unit), name));
            files[unit].WriteLine(header);
        }

        return files;
    }

    private static IEnumerable<string[]> Rows(string path, string header)
    {
        string[] lines = File.ReadAllLines(path);
        Require(path, lines.FirstOrDefault(), header);
        return lines.Skip(1).Select(line => line.Split(','));
    }

    private static void Require(string path, string? found, string header)
    {
        if (found != header)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)}: the first line must be {header}.");
        }
    }
}
