using System.Globalization;
using System.IO.Compression;

namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>Reads set A of the PhysioNet/CinC Challenge 2012 (Silva, Moody, Scott, Celi and Mark, CinC 2012).</summary>
/// <remarks>
/// Readings of one hour are averaged, after ln(1 + x) where a signal is skewed; the urine of an hour is added up.
/// Readings outside <see cref="IcuSignal"/>'s ranges count as missing.
/// </remarks>
internal sealed class ChallengeFiles
{
    private const int MinutesPerHour = 60;
    private const string Urine = "Urine";

    private ChallengeFiles()
    {
    }

    public required IReadOnlyList<IcuStay> Stays { get; init; }

    /// <summary>Readings of the series.</summary>
    public int Readings { get; private init; }

    /// <summary>Readings that were not plausible.</summary>
    public int Implausible { get; private init; }

    /// <exception cref="InvalidDataException">A file is not as the challenge has it.</exception>
    public static ChallengeFiles Read(string folder)
    {
        Dictionary<int, (float[] Sums, float[] Counts)> hours = [];
        Dictionary<string, int> numbers = IcuSignal.Series.Select((signal, i) => (signal.Name, i)).ToDictionary();
        (int readings, int implausible) = (0, 0);
        foreach (string[] row in Rows(Path.Combine(folder, "set_a_long.csv.gz"), 4))
        {
            int record = Whole(row[0]);
            if (!hours.TryGetValue(record, out (float[] Sums, float[] Counts) cells))
            {
                int size = IcuStay.Hours * IcuStay.Signals;
                cells = (new float[size], new float[size]);
                hours.Add(record, cells);
            }

            int hour = int.Min(IcuStay.Hours - 1, Whole(row[1]) / MinutesPerHour);
            if (!numbers.TryGetValue(row[2], out int number))
            {
                throw new InvalidDataException($"set_a_long.csv.gz has the unknown signal {row[2]}.");
            }

            double reading = Number(row[3]);
            readings++;
            if (!IcuSignal.Series[number].IsPlausible(reading))
            {
                implausible++;
                continue;
            }

            int cell = (hour * IcuStay.Signals) + number;
            bool isSum = row[2] == Urine;
            cells.Sums[cell] += (float)(isSum ? reading : IcuSignal.Series[number].Scaled(reading));
            cells.Counts[cell]++;
        }

        Dictionary<int, string[]> outcomes = Rows(Path.Combine(folder, "outcomes-a.csv"), 6)
            .ToDictionary(row => Whole(row[0]));
        return new ChallengeFiles
        {
            Stays =
            [
                .. Rows(Path.Combine(folder, "set_a_static.csv"), 6)
                    .Select(row => Stay(row, outcomes[Whole(row[0])], hours.GetValueOrDefault(Whole(row[0]))))
                    .OrderBy(stay => stay.Record),
            ],
            Readings = readings,
            Implausible = implausible,
        };
    }

    private static IcuStay Stay(string[] admission, string[] outcome, (float[] Sums, float[] Counts) cells)
    {
        float[] values = new float[IcuStay.Hours * IcuStay.Signals];
        int urine = IcuSignal.Series.Select((signal, i) => (signal.Name, i)).First(one => one.Name == Urine).i;
        for (int cell = 0; cell < values.Length; cell++)
        {
            float count = cells.Counts?[cell] ?? 0;
            values[cell] = count == 0 ? float.NaN
                : cell % IcuStay.Signals == urine ? (float)IcuSignal.Series[urine].Scaled(cells.Sums[cell])
                : cells.Sums[cell] / count;
        }

        int at = IcuSignal.Series.Count;
        for (int i = 0; i < IcuSignal.AtAdmission.Count; i++)
        {
            double value = Number(admission[1 + i]);
            values[at++] = IcuSignal.AtAdmission[i].IsPlausible(value) ? (float)value : float.NaN;
        }

        int unit = Whole(admission[4]);
        for (int other = 2; other <= 4; other++)
        {
            values[at++] = unit == other ? 1 : 0;
        }

        int saps = Whole(outcome[1]);
        return new(Whole(admission[0]), unit, values, saps < 0 ? null : saps, Whole(outcome[5]) == 1);
    }

    private static IEnumerable<string[]> Rows(string file, int columns)
    {
        using FileStream bytes = File.OpenRead(file);
        using Stream plain = file.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(bytes, CompressionMode.Decompress)
            : bytes;
        using StreamReader reader = new(plain);
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            string[] row = line.Split(',');
            yield return row.Length == columns
                ? row
                : throw new InvalidDataException($"{Path.GetFileName(file)}: a row of {row.Length} fields: {line}");
        }
    }

    private static int Whole(string text) => int.TryParse(text, CultureInfo.InvariantCulture, out int number)
        ? number
        : throw new InvalidDataException($"{text} is no whole number.");

    private static double Number(string text) => double.TryParse(text, CultureInfo.InvariantCulture, out double number)
        ? number
        : throw new InvalidDataException($"{text} is no number.");
}
