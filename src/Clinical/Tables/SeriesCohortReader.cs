using System.Globalization;
using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Leakage;

namespace DigitalTwin.Clinical.Tables;

/// <summary>
/// Reads a folder of two files under a contract with a series: <c>patients.csv</c>, a row per patient, and
/// <c>events.csv</c>, a row per measurement.
/// </summary>
/// <remarks>
/// A line of measurements that fits no patient, signal, minute or number is counted and left out, and takes nobody
/// with it. What it held is never quoted.
/// </remarks>
internal static class SeriesCohortReader
{
    /// <summary>The file with a row per patient.</summary>
    internal const string PatientsFile = "patients.csv";

    /// <summary>The file with a row per measurement.</summary>
    internal const string EventsFile = "events.csv";

    /// <summary>Patients times steps times inputs: 800 MB of numbers.</summary>
    private const long MostCells = 100_000_000;

    private static readonly string[] EventColumns = ["record", "minute", "signal", "value"];

    /// <exception cref="ClinicalDataException">
    /// A file is missing, unreadable or has another header, or no patient can be used.
    /// </exception>
    internal static ClinicalTable Read(DataContract contract, string folder)
    {
        ContractSeries series = contract.Series!;
        if (!Directory.Exists(folder))
        {
            throw new ClinicalDataException(
                $"{folder} is no folder; under {contract.Id} data is a folder with {PatientsFile} and {EventsFile}.");
        }

        CohortRows patients = CsvCohortReader.ReadRows(contract, Path.Combine(folder, PatientsFile));
        patients.RefuseNoRows(PatientsFile);
        long cells = (long)patients.Records.Count * series.Steps * contract.Inputs.Count;
        if (cells > MostCells)
        {
            throw new ClinicalDataException(
                $"{PatientsFile}: {patients.Records.Count} patients make {cells} numbers, more than {MostCells}; "
                + "take fewer patients.");
        }

        SeriesGrid grid = new(contract, patients.Records.Count);
        EventFlags flags = ReadEvents(series, patients.Records, Path.Combine(folder, EventsFile), grid);
        return patients.ToTable(PatientsFile, grid, [.. AfterOutcome.Flags(contract), .. flags.ToFlags()]);
    }

    private static EventFlags ReadEvents(
        ContractSeries series, IReadOnlyList<string> records, string path, SeriesGrid grid)
    {
        Dictionary<string, int> rowOf = new(StringComparer.Ordinal);
        for (int row = 0; row < records.Count; row++)
        {
            rowOf.Add(records[row], row);
        }

        Dictionary<string, int> signalOf = new(StringComparer.Ordinal);
        for (int signal = 0; signal < series.Signals.Count; signal++)
        {
            signalOf.Add(series.Signals[signal].Written, signal);
        }

        EventFlags flags = new();
        bool isHeader = true;
        CsvRecords.ForEach(path, cells =>
        {
            if (isHeader)
            {
                RefuseOtherHeader(cells);
                isHeader = false;
            }
            else if (cells is not { Length: 4 }
                || !int.TryParse(cells[1], NumberStyles.None, CultureInfo.InvariantCulture, out int minute)
                || !double.TryParse(cells[3], NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
                || !double.IsFinite(value))
            {
                flags.Malformed++;
            }
            else if (!rowOf.TryGetValue(cells[0], out int row))
            {
                flags.OfNobody++;
            }
            else if (!signalOf.TryGetValue(cells[2], out int signal))
            {
                flags.UnknownSignal++;
            }
            else if (minute >= series.Hours * 60)
            {
                flags.AfterWindow++;
            }
            else
            {
                grid.Add(row, minute, signal, value);
            }
        });
        if (isHeader)
        {
            RefuseOtherHeader(null);
        }

        return flags;
    }

    private static void RefuseOtherHeader(string[]? cells)
    {
        if (cells is null || !cells.SequenceEqual(EventColumns))
        {
            throw new ClinicalDataException(
                $"{EventsFile}: the first line must be {string.Join(',', EventColumns)}.");
        }
    }

    /// <summary>Lines of measurements that were left out, by reason.</summary>
    private sealed class EventFlags
    {
        public int Malformed { get; set; }

        public int OfNobody { get; set; }

        public int UnknownSignal { get; set; }

        public int AfterWindow { get; set; }

        public IEnumerable<DataFlag> ToFlags() => new DataFlag[]
        {
            new("malformed", "events", Malformed),
            new("of-no-patient", "events", OfNobody),
            new("unknown-signal", "events", UnknownSignal),
            new("after-window", "events", AfterWindow),
        }.Where(flag => flag.Count > 0);
    }
}
