using System.Globalization;

namespace DigitalTwin.Clinical.Tables;

/// <summary>Divides a table into rows to learn from and rows to test on.</summary>
/// <remarks>
/// Always by patient: rows of one patient on both sides make a result look far better than it is. Under
/// <c>unit: row-is-patient</c>, the only unit a contract may state, dividing rows does so.
/// </remarks>
public static class TrainTestSplit
{
    private const string Header = "center,center_id,row_in_file,set,y";

    /// <summary>A class with fewer rows cannot be on both sides; scikit-learn refuses it likewise.</summary>
    private const int SmallestStratum = 2;

    /// <summary>The split that a published experiment used.</summary>
    /// <param name="splitCsv">
    /// Path of a file with the header <c>center,center_id,row_in_file,set,y</c>; rows count from 0, a set is train or
    /// test.
    /// </param>
    /// <param name="site">The name in the column <c>center</c>.</param>
    /// <param name="table">The table to divide; the file must name each of its rows once, and no other.</param>
    /// <returns>Indices into <paramref name="table"/>, both ascending.</returns>
    /// <exception cref="ClinicalDataException">The file cannot be read or does not match the table.</exception>
    public static (int[] train, int[] test) FromFile(string splitCsv, string site, ClinicalTable table)
    {
        ArgumentNullException.ThrowIfNull(table);
        Dictionary<int, int> indexOf = Enumerable.Range(0, table.Rows).ToDictionary(index => table.SourceRows[index]);
        List<int> train = [];
        List<int> test = [];
        int lineNumber = 1;
        foreach (string line in ReadLines(splitCsv).Skip(1))
        {
            lineNumber++;
            string[] cells = line.Split(',');
            if (line.Length == 0 || cells[0] != site)
            {
                continue;
            }

            string place = $"{Path.GetFileName(splitCsv)}:{lineNumber}";
            (int row, bool isTest, double label) = ParseRow(cells, place);
            if (!indexOf.Remove(row, out int index))
            {
                throw new ClinicalDataException(
                    $"{place}: row {row} of {site} is named twice or was not kept; use the split made for this file.");
            }

            if (table.Labels[index] != label)
            {
                throw new ClinicalDataException(
                    $"{place}: row {row} of {site} has another label in the data; use the split made for this file.");
            }

            (isTest ? test : train).Add(index);
        }

        if (indexOf.Count > 0)
        {
            throw new ClinicalDataException(
                $"{Path.GetFileName(splitCsv)}: {indexOf.Count} of the {table.Rows} rows of {site} are in neither set; "
                + "use the split made for this file.");
        }

        train.Sort();
        test.Sort();
        return ([.. train], [.. test]);
    }

    /// <summary>Draws a test set with the same share of either label, as near as whole rows allow.</summary>
    /// <param name="table">At least 2 rows.</param>
    /// <param name="testShare">The share of rows to test on, above 0 and below 1.</param>
    /// <param name="randomWords">Uniform 64-bit words; the same words give the same split.</param>
    /// <returns>Indices into <paramref name="table"/>, both ascending, neither empty.</returns>
    public static (int[] train, int[] test) Stratified(ClinicalTable table, double testShare, Func<ulong> randomWords)
    {
        ArgumentNullException.ThrowIfNull(table);
        ArgumentNullException.ThrowIfNull(randomWords);
        ArgumentOutOfRangeException.ThrowIfLessThan(table.Rows, 2, nameof(table));
        if (testShare is not (> 0 and < 1))
        {
            throw new ArgumentOutOfRangeException(nameof(testShare), testShare, "The share must lie between 0 and 1.");
        }

        List<int> train = [];
        List<int> test = [];
        foreach (int[] stratum in Strata(table))
        {
            Shuffle(stratum, randomWords);
            int size = (int)Math.Round(stratum.Length * testShare, MidpointRounding.AwayFromZero);
            size = int.Clamp(size, 1, stratum.Length - 1);
            test.AddRange(stratum[..size]);
            train.AddRange(stratum[size..]);
        }

        train.Sort();
        test.Sort();
        return ([.. train], [.. test]);
    }

    private static List<int[]> Strata(ClinicalTable table)
    {
        int[] all = [.. Enumerable.Range(0, table.Rows)];
        List<int[]> byLabel = [.. all.GroupBy(row => table.Labels[row]).OrderBy(group => group.Key)
            .Select(group => group.ToArray())];
        return byLabel.Exists(stratum => stratum.Length < SmallestStratum) ? [all] : byLabel;
    }

    // Fisher and Yates, with Lemire's rejection so that no permutation is likelier than another (ACM TOMACS 29, 2019).
    private static void Shuffle(int[] rows, Func<ulong> randomWords)
    {
        for (int last = rows.Length - 1; last > 0; last--)
        {
            int other = (int)Below((ulong)last + 1, randomWords);
            (rows[last], rows[other]) = (rows[other], rows[last]);
        }
    }

    private static ulong Below(ulong bound, Func<ulong> randomWords)
    {
        ulong threshold = unchecked(0UL - bound) % bound;
        ulong high = Math.BigMul(randomWords(), bound, out ulong low);
        while (low < threshold)
        {
            high = Math.BigMul(randomWords(), bound, out low);
        }

        return high;
    }

    private static string[] ReadLines(string splitCsv)
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(splitCsv);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            throw new ClinicalDataException($"The split file {splitCsv} cannot be read; check the path.", failure);
        }

        return lines.Length > 0 && lines[0] == Header
            ? lines
            : throw new ClinicalDataException($"{Path.GetFileName(splitCsv)}:1: the first line must be {Header}.");
    }

    private static (int Row, bool IsTest, double Label) ParseRow(string[] cells, string place)
    {
        return cells.Length == 5
            && int.TryParse(cells[2], NumberStyles.None, CultureInfo.InvariantCulture, out int row)
            && cells[3] is "train" or "test"
            && int.TryParse(cells[4], NumberStyles.None, CultureInfo.InvariantCulture, out int label)
            ? (row, cells[3] == "test", label)
            : throw new ClinicalDataException($"{place}: write {Header}, for example va,3,17,test,1.");
    }
}
