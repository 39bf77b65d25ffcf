using System.Globalization;
using DigitalTwin.TestKit;

namespace DigitalTwin.Models.Tests;

/// <summary>
/// The four hospitals of UCI's heart-disease data, rows and columns as FLamby chose them, with its split.
/// </summary>
internal sealed class HeartDisease
{
    public static readonly string[] Hospitals = ["cleveland", "hungarian", "switzerland", "va"];

    private HeartDisease(Table[] train, Table[] test)
    {
        Train = train;
        Test = test;
    }

    /// <summary>Training rows per hospital, in the units of the files.</summary>
    public IReadOnlyList<Table> Train { get; }

    /// <summary>Test rows per hospital, in the units of the files.</summary>
    public IReadOnlyList<Table> Test { get; }

    /// <summary>The data, or a skipped test where they are absent.</summary>
    public static HeartDisease LoadOrSkip()
    {
        string? folder = SharedFiles.Find("data/heart_disease");
        if (folder is null)
        {
            Assert.Skip("needs data/heart_disease beside the checkout");
        }

        HashSet<(string, int)> testRows = [.. File.ReadLines(Path.Combine(folder, "flamby_split.csv"))
            .Skip(1)
            .Select(line => line.Split(','))
            .Where(fields => fields[3] == "test")
            .Select(fields => (fields[0], int.Parse(fields[2], CultureInfo.InvariantCulture)))];
        return new HeartDisease(
            [.. Hospitals.Select(name => Read(folder, name, row => !testRows.Contains((name, row))))],
            [.. Hospitals.Select(name => Read(folder, name, row => testRows.Contains((name, row))))]);
    }

    public static Table Concatenate(IEnumerable<Table> tables)
    {
        List<double> features = [];
        List<double> labels = [];
        int columns = 0;
        foreach (Table table in tables)
        {
            columns = table.Columns;
            for (int row = 0; row < table.Rows; row++)
            {
                features.AddRange(table.Row(row));
                labels.Add(table.Label(row));
            }
        }

        return new Table(columns, [.. features], [.. labels]);
    }

    /// <summary>Entry by entry, in the order of the vectors: what the coordinator's sum would be.</summary>
    public static double[] Sum(IEnumerable<double[]> vectors) =>
        vectors.Aggregate((total, vector) => [.. total.Zip(vector, (a, b) => a + b)]);

    private static Table Read(string folder, string hospital, Func<int, bool> isWanted)
    {
        List<double> features = [];
        List<double> labels = [];
        string[] lines = File.ReadAllLines(Path.Combine(folder, $"processed.{hospital}.data"));
        for (int row = 0; row < lines.Length; row++)
        {
            // Columns 10 to 12 are dropped, then rows with a missing value.
            string[] fields = [.. lines[row].Split(',').Where((_, column) => column is < 10 or > 12)];
            if (fields.Contains("?") || !isWanted(row))
            {
                continue;
            }

            double[] v = [.. fields.Select(field => double.Parse(field, CultureInfo.InvariantCulture))];
            features.AddRange([v[0], v[1], v[3], v[4], v[5], v[7], v[8], v[9]]);
            features.AddRange([Is(v[2], 2), Is(v[2], 3), Is(v[2], 4), Is(v[6], 1), Is(v[6], 2)]);
            labels.Add(v[10] > 0 ? 1 : 0);
        }

        return new Table(13, [.. features], [.. labels]);
    }

    private static double Is(double value, double level) => value == level ? 1 : 0;
}
