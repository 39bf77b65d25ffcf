using System.Globalization;
using DigitalTwin.TestKit;

namespace DigitalTwin.Models.Tests;

/// <summary>One of R's clinical data sets, exported unchanged: a header, quoted texts, empty fields for NA.</summary>
internal sealed class ClinicalCsv
{
    private readonly string[] _names;
    private readonly string[][] _rows;

    private ClinicalCsv(string[] names, string[][] rows)
    {
        _names = names;
        _rows = rows;
    }

    public int Rows => _rows.Length;

    /// <summary>The data, or a skipped test where they are absent.</summary>
    public static ClinicalCsv LoadOrSkip(string name)
    {
        string relativePath = $"data/r_clinical/{name}.csv";
        string? path = SharedFiles.Find(relativePath);
        if (path is null)
        {
            Assert.Skip($"needs {relativePath} beside the checkout");
        }

        string[][] lines = [.. File.ReadLines(path).Select(line => line.Split(',').Select(Unquoted).ToArray())];
        return new ClinicalCsv(lines[0], lines[1..]);
    }

    /// <summary>Only the rows in which every named column has a value.</summary>
    public ClinicalCsv Complete(params string[] columns) =>
        new(_names, [.. _rows.Where(row => columns.All(column => row[At(column)].Length > 0))]);

    public string[] Texts(string column) => [.. _rows.Select(row => row[At(column)])];

    public double[] Numbers(string column) =>
        [.. Texts(column).Select(text => double.Parse(text, CultureInfo.InvariantCulture))];

    /// <summary>1 where the column has the text, 0 elsewhere.</summary>
    public double[] Is(string column, string value) => [.. Texts(column).Select(text => text == value ? 1.0 : 0.0)];

    /// <summary>Row-major features of columns given one by one.</summary>
    public static double[] RowMajor(params double[][] columns) =>
        [.. Enumerable.Range(0, columns[0].Length).SelectMany(row => columns.Select(column => column[row]))];

    private static string Unquoted(string field) => field.Trim('"');

    private int At(string column)
    {
        int at = Array.IndexOf(_names, column);
        return at >= 0 ? at : throw new ArgumentException($"There is no column {column}.", nameof(column));
    }
}
