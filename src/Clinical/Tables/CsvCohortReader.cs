using System.Globalization;
using CsvHelper;
using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Leakage;

namespace DigitalTwin.Clinical.Tables;

/// <summary>Reads a hospital's CSV file under a data contract.</summary>
/// <remarks>
/// Comma-separated, UTF-8 or what a byte order mark says, cells quoted or not, any line end. A row that does not fit is
/// excluded, counted and reported; only a file that gives no row at all is refused.
/// </remarks>
public static class CsvCohortReader
{
    /// <summary>More rows than any hospital's cohort; the numbers of 13 inputs then take about 100 MB.</summary>
    public const int MaximumRows = 1_000_000;

    /// <summary>In bytes; 500 columns of 32 characters. A longer line means that the file is no table.</summary>
    public const int MaximumLineBytes = 16_384;

    /// <summary>Reads the file at <paramref name="path"/>.</summary>
    /// <returns>The rows that fit, in the order of the file, and every misfit.</returns>
    /// <exception cref="ClinicalDataException">
    /// The file is missing, unreadable, empty or too long, its header is not the contract's, or no row can be used.
    /// </exception>
    public static ClinicalTable Read(DataContract contract, string path)
    {
        ArgumentNullException.ThrowIfNull(contract);
        ArgumentException.ThrowIfNullOrEmpty(path);
        string file = Path.GetFileName(path);
        try
        {
            bool isMalformed = false;
            CsvReaderOptions format = FormatOf(() => isMalformed = true);
            using CsvReader reader = CsvReader.FromFile(path, format);
            int[] order = contract.HasHeader ? ReadHeader(contract, file, reader) : InOrder(contract);
            CohortRows rows = new(contract, order);
            for (isMalformed = false; reader.Read(); isMalformed = false)
            {
                if (rows.Read == MaximumRows)
                {
                    throw new ClinicalDataException($"{file}: more than {MaximumRows} rows; split the file.");
                }

                rows.Add(isMalformed ? null : CellsOf(reader));
            }

            return rows.ToTable(file, AfterOutcome.Flags(contract));
        }
        catch (CsvFormatException failure)
        {
            throw new ClinicalDataException(
                $"{file}: a line is longer than {MaximumLineBytes} bytes; export the file again as CSV.", failure);
        }
        catch (Exception failure) when (failure is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new ClinicalDataException($"The data file {path} does not exist; check the path.", failure);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ClinicalDataException(
                $"The data file {path} cannot be read; check that it is a file and that this account may open it.",
                failure);
        }
    }

    private static CsvReaderOptions FormatOf(Action onMalformed) => new()
    {
        Separator = ',',
        HasHeader = false,
        TrimWhitespace = true,
        SkipEmptyLines = false,

        // A line break ends every row, so an open quote spoils its own row and not all that follow.
        AllowLineBreaksInQuotes = false,
        OnMalformedRecord = _ => onMalformed(),
        BufferSize = MaximumLineBytes,
        MaxRecordSize = MaximumLineBytes,
        IncludeValuesInExceptions = false,
        FormatProvider = CultureInfo.InvariantCulture,
    };

    private static string[] CellsOf(CsvReader reader) =>
        [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)];

    private static int[] InOrder(DataContract contract) => [.. Enumerable.Range(0, contract.Columns.Count)];

    /// <summary>For each column of the contract, where it stands in the file.</summary>
    private static int[] ReadHeader(DataContract contract, string file, CsvReader reader)
    {
        string[] names = reader.Read() ? CellsOf(reader) : [];
        int[] order = [.. contract.Columns.Select(column => Array.IndexOf(names, column.Name))];
        int missing = Array.IndexOf(order, -1);
        if (missing >= 0)
        {
            throw new ClinicalDataException(
                $"{file}: the first line does not name the column {contract.Columns[missing].Name}; add it.");
        }

        // A column that the contract does not know is patient data nobody asked for.
        return names.Length == order.Length
            ? order
            : throw new ClinicalDataException(
                $"{file}: the first line names {names.Length} columns where {contract.Id} has {order.Length}; "
                + "remove the others.");
    }
}
