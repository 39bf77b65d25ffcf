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

    /// <summary>Reads the file at <paramref name="path"/>; under a contract with a series, the folder.</summary>
    /// <returns>The rows that fit, in the order of the file, and every misfit.</returns>
    /// <exception cref="ClinicalDataException">
    /// The file is missing, unreadable, empty or too long, its header is not the contract's, or no row can be used.
    /// </exception>
    public static ClinicalTable Read(DataContract contract, string path)
    {
        ArgumentNullException.ThrowIfNull(contract);
        ArgumentException.ThrowIfNullOrEmpty(path);
        return contract.Series is null
            ? ReadRows(contract, path).ToTable(Path.GetFileName(path), AfterOutcome.Flags(contract))
            : SeriesCohortReader.Read(contract, path);
    }

    /// <summary>The rows of a file of patients, before they are a table.</summary>
    internal static CohortRows ReadRows(DataContract contract, string path)
    {
        string file = Path.GetFileName(path);
        CohortRows? rows = contract.HasHeader ? null : new CohortRows(contract, InOrder(contract));
        CsvRecords.ForEach(path, cells =>
        {
            if (rows is null)
            {
                rows = new CohortRows(contract, ReadHeader(contract, file, cells ?? []));
            }
            else if (rows.Read == MaximumRows)
            {
                throw new ClinicalDataException($"{file}: more than {MaximumRows} rows; split the file.");
            }
            else
            {
                rows.Add(cells);
            }
        });
        return rows ?? new CohortRows(contract, ReadHeader(contract, file, []));
    }

    private static int[] InOrder(DataContract contract) => [.. Enumerable.Range(0, contract.Columns.Count)];

    /// <summary>For each column of the contract, where it stands in the file.</summary>
    private static int[] ReadHeader(DataContract contract, string file, string[] names)
    {
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
