using System.Globalization;
using CsvHelper;

namespace DigitalTwin.Clinical.Tables;

/// <summary>The lines of a hospital's CSV file as cells.</summary>
internal static class CsvRecords
{
    /// <summary>In bytes; 500 columns of 32 characters. A longer line means that the file is no table.</summary>
    internal const int MaximumLineBytes = 16_384;

    /// <summary>Gives every line of the file to <paramref name="take"/>; null stands for broken quoting.</summary>
    /// <exception cref="ClinicalDataException">
    /// The file is missing or cannot be read, a line is too long, or <paramref name="take"/> refuses one.
    /// </exception>
    internal static void ForEach(string path, Action<string[]?> take)
    {
        try
        {
            bool isMalformed = false;
            using CsvReader reader = CsvReader.FromFile(path, FormatOf(() => isMalformed = true));
            for (; reader.Read(); isMalformed = false)
            {
                take(isMalformed ? null : [.. Enumerable.Range(0, reader.FieldCount).Select(reader.GetString)]);
            }
        }
        catch (CsvFormatException failure)
        {
            throw new ClinicalDataException(
                $"{Path.GetFileName(path)}: a line is longer than {MaximumLineBytes} bytes; "
                + "export the file again as CSV.",
                failure);
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
}
