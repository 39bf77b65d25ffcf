using System.Text;
using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Tables;
using DigitalTwin.Clinical.Tests.Contracts;

namespace DigitalTwin.Clinical.Tests.Tables;

/// <summary>No row of a hospital's file crashes the reader or vanishes, whatever is in it.</summary>
/// <remarks>Method: one good row beside each kind of bad one, then a corpus of broken files and random bytes.</remarks>
public sealed class CsvCohortReaderTests
{
    private const string Good = "63.0,1.0,1.0,145.0,233.0,1.0,2.0,150.0,0.0,2.3,3.0,0.0,6.0,0";
    private const string AlsoGood = "67,1,4,160,286,0,2,108,1,1.5,2,3,3,2";

    private static readonly DataContract Heart = DataContract.Embedded("heart-disease/v1");

    private static DataContract WithHeader =>
        DataContract.Parse("example.yaml", DataContractTests.ExampleOfTheManual());

    [Theory]
    [InlineData("67,1,4,?,286,0,2,108,1,1.5,2,3,3,2", "trestbps", "is missing")]
    [InlineData("67,1,4,160,,0,2,108,1,1.5,2,3,3,2", "chol", "is missing")]
    [InlineData("67,1,4,160,286,0,2,108,1,1.5,2,3,3,?", "num", "is missing")]
    [InlineData("old,1,4,160,286,0,2,108,1,1.5,2,3,3,2", "age", "is not a number")]
    [InlineData("67,1,4,160,286,0,2,108,1,NaN,2,3,3,2", "oldpeak", "is not a number")]
    [InlineData("67,1,4,160,286,0,2,108,1,Infinity,2,3,3,2", "oldpeak", "is not a number")]
    [InlineData("67,1,4,160,286,0,2,108,1,1e999,2,3,3,2", "oldpeak", "is not a number")]
    [InlineData("67,1,4,160,286,0,2,108,1,\"1,5\",2,3,3,2", "oldpeak", "is not a number")]
    [InlineData("67,1,4,160,286,0,2,108,1,0x1,2,3,3,2", "oldpeak", "is not a number")]
    [InlineData("67.5,1,4,160,286,0,2,108,1,1.5,2,3,3,2", "age", "is not a whole number")]
    [InlineData("67,2,4,160,286,0,2,108,1,1.5,2,3,3,2", "sex", "is not one of 0, 1")]
    [InlineData("67,1,2.5,160,286,0,2,108,1,1.5,2,3,3,2", "cp", "is not one of 1, 2, 3, 4")]
    [InlineData("67,1,4,160,286,0,2,108,1,1.5,2,3,3,5", "num", "is not one of 0, 1, 2, 3, 4")]
    [InlineData("17,1,4,160,286,0,2,108,1,1.5,2,3,3,2", "age", "is outside 18 to 110 a")]
    [InlineData("67,1,4,16,286,0,2,108,1,1.5,2,3,3,2", "trestbps", "is outside 60 to 260 mm[Hg]")]
    [InlineData("67,1,4,160,286,0,2,108,1,-5.1,2,3,3,2", "oldpeak", "is outside -5 to 10 mm")]
    [InlineData("67,1,4,160,286,0,2,108,1,1.5,2,3,3", "", "has 13 cells where the contract has 14 columns")]
    [InlineData("67,1,4,160,286,0,2,108,1,1.5,2,3,3,2,", "", "has 15 cells where the contract has 14 columns")]
    [InlineData("67;1;4;160;286;0;2;108;1;1.5;2;3;3;2", "", "has 1 cells where the contract has 14 columns")]
    [InlineData("", "", "is empty")]
    [InlineData("   ", "", "is empty")]
    [InlineData("67,1,4,\"160,286,0,2,108,1,1.5,2,3,3,2", "", "has a quote that is out of place or not closed")]
    [InlineData("67,1,4,\"160\"x,286,0,2,108,1,1.5,2,3,3,2", "", "has a quote that is out of place or not closed")]
    [InlineData("67,1,4,16\"0,286,0,2,108,1,1.5,2,3,3,2", "", "has a quote that is out of place or not closed")]
    public void A_bad_row_is_left_out_and_reported_and_the_next_is_read(string bad, string column, string reason)
    {
        ClinicalTable table = Read(Heart, $"{Good}\n{bad}\n{AlsoGood}\n");

        Assert.Equal([new RowProblem(1, column, reason, Excluded: true)], table.Problems);
        Assert.Equal(3, table.RowsRead);
        Assert.Equal([0, 2], table.SourceRows);
        Assert.Equal([0, 1], table.Labels);
    }

    [Fact]
    public void A_row_without_a_patient_is_called_by_file_and_line_also_in_a_part_of_the_table()
    {
        ClinicalTable table = Read(Heart, $"{Good}\nbad\n{AlsoGood}\n");

        Assert.Equal(2, table.RowIds.Length);
        Assert.EndsWith(":1", table.RowIds[0], StringComparison.Ordinal);
        Assert.EndsWith(":3", table.RowIds[1], StringComparison.Ordinal);
        Assert.DoesNotContain('/', table.RowIds[0]);
        Assert.Equal([table.RowIds[1]], table.Subset([1]).RowIds);
    }

    [Fact]
    public void Every_problem_of_a_row_is_reported_and_dropped_columns_are_not_looked_at()
    {
        ClinicalTable table = Read(Heart, $"x,1,4,160,?,0,2,108,1,1.5,junk,,-,2\n63,1,1,145,233,1,2,150,0,2.3,a,?,,0");

        Assert.Equal(
            [new RowProblem(0, "age", "is not a number", true), new RowProblem(0, "chol", "is missing", true)],
            table.Problems);
        Assert.Equal(1, table.Rows);
    }

    [Theory]
    [InlineData("\uFEFF", "\n")]
    [InlineData("", "\r\n")]
    [InlineData("", "\r")]
    public void A_byte_order_mark_and_any_line_end_are_read(string mark, string lineEnd)
    {
        ClinicalTable table = Read(Heart, $"{mark}{Good}{lineEnd}{AlsoGood}{lineEnd}");

        Assert.Empty(table.Problems);
        Assert.Equal([63, 1, 145, 233, 1, 150, 0, 2.3, 0, 0, 0, 0, 1], table.Features[..13]);
        Assert.Equal(2, table.Rows);
    }

    [Fact]
    public void Quotes_and_spaces_around_a_number_are_read()
    {
        ClinicalTable table = Read(
            Heart, $" \"63\" , 1 ,\"1\",145,\"233\",1,2,150,0, .5 ,\"3,0\",\"say \"\"hi\"\"\",6,0\n{AlsoGood}");

        Assert.Empty(table.Problems);
        Assert.Equal([63, 1, 145, 233, 1, 150, 0, 0.5], table.Features[..8]);
    }

    [Fact]
    public void A_header_is_matched_by_name_in_any_order()
    {
        ClinicalTable table = Read(
            WithHeader, "died,time,smoker,age,\"systolic\"\n1,5,2,70,140\n0,9,0,50,NA\n0,9,0,51,120\n");

        Assert.Equal([70, 140, 1, 51, 120, 0], table.Features);
        Assert.Equal([1, 0], table.Labels);
        Assert.Equal([0, 2], table.SourceRows);
        Assert.Equal([new RowProblem(1, "systolic", "is missing", true)], table.Problems);
    }

    [Theory]
    [InlineData("died,time,smoker,age\n1,5,2,70\n",
        "heart.csv: the first line does not name the column systolic; add it.")]
    [InlineData("1,5,2,70,120\n", "heart.csv: the first line does not name the column age; add it.")]
    [InlineData("died,time,smoker,age,systolic,name\n1,5,2,70,120,Ada\n",
        "heart.csv: the first line names 6 columns where heart-failure-example/v1 has 5; remove the others.")]
    [InlineData("", "heart.csv: the first line does not name the column age; add it.")]
    [InlineData("died,time,smoker,age,systolic\n", "heart.csv: the file has no rows; export it again.")]
    public void A_header_that_is_not_the_contracts_is_refused(string text, string message)
    {
        Assert.Equal(message, Assert.Throws<ClinicalDataException>(() => Read(WithHeader, text)).Message);
    }

    [Fact]
    public void A_zero_that_stands_for_missing_excludes_the_row_where_the_contract_says_so()
    {
        ClinicalTable table = Read(WithHeader, "age,systolic,smoker,time,died\n70,0,2,5,1\n71,120,2,5,1\n");

        Assert.Equal([new RowProblem(0, "systolic", "is 0, which stands for missing", true)], table.Problems);
        Assert.Equal(1, table.Rows);
        Assert.DoesNotContain(table.Flags, flag => flag.Kind == "hidden-missing");
    }

    [Fact]
    public void A_value_out_of_range_is_kept_and_reported_where_the_contract_says_so()
    {
        DataContract lenient = DataContract.Parse("example.yaml", DataContractTests.ExampleOfTheManual()
            .Replace("outOfRange: exclude", "outOfRange: flag", StringComparison.Ordinal));

        ClinicalTable table = Read(lenient, "age,systolic,smoker,time,died\n12,120,2,5,1\n71,120,1,5,0\n");

        Assert.Equal([new RowProblem(0, "age", "is outside 18 to 110 a", Excluded: false)], table.Problems);
        Assert.Equal(
            [new DataFlag("out-of-range", "age", 1), new DataFlag("constant", "systolic", 2)], table.Flags);
    }

    [Fact]
    public void Flags_name_a_constant_input_and_a_single_class()
    {
        ClinicalTable table = Read(WithHeader, "age,systolic,smoker,time,died\n70,120,2,5,1\n71,120,1,5,1\n");

        Assert.Equal([new DataFlag("constant", "systolic", 2), new DataFlag("one-class", "label", 2)], table.Flags);
    }

    [Theory]
    [InlineData("", "heart.csv: the file has no rows; export it again.")]
    [InlineData("\n\n", "heart.csv: none of the 2 rows fits heart-disease/v1; in the first, it is empty.")]
    [InlineData("age;sex\n1;2\n",
        "heart.csv: none of the 2 rows fits heart-disease/v1; in the first, it has 1 cells where the contract has "
        + "14 columns.")]
    [InlineData("x,1,4,160,286,0,2,108,1,1.5,2,3,3,2",
        "heart.csv: none of the 1 rows fits heart-disease/v1; in the first, age is not a number.")]
    public void A_file_without_a_usable_row_is_refused_in_one_sentence(string text, string message)
    {
        Assert.Equal(message, Assert.Throws<ClinicalDataException>(() => Read(Heart, text)).Message);
    }

    [Fact]
    public void A_missing_file_and_a_folder_are_refused_in_one_sentence()
    {
        string folder = Path.GetDirectoryName(typeof(CsvCohortReaderTests).Assembly.Location)!;
        string absent = Path.Combine(folder, "absent.csv");

        Assert.Equal($"The data file {absent} does not exist; check the path.",
            Assert.Throws<ClinicalDataException>(() => CsvCohortReader.Read(Heart, absent)).Message);
        Assert.Equal(
            $"The data file {folder} cannot be read; check that it is a file and that this account may open it.",
            Assert.Throws<ClinicalDataException>(() => CsvCohortReader.Read(Heart, folder)).Message);
    }

    [Fact]
    public void A_line_without_end_is_refused_before_it_fills_the_memory()
    {
        string text = $"{Good}\n{new string('1', 3 * CsvRecords.MaximumLineBytes)}";

        Assert.Equal("heart.csv: a line is longer than 16384 bytes; export the file again as CSV.",
            Assert.Throws<ClinicalDataException>(() => Read(Heart, text)).Message);
    }

    [Fact]
    public void Random_bytes_and_mutilated_rows_end_in_a_table_or_in_one_sentence()
    {
        Func<ulong> words = SplitMix.From(11);
        byte[] rows = Encoding.UTF8.GetBytes($"{Good}\n{AlsoGood}\r\n{Good}\n");
        for (int trial = 0; trial < 300; trial++)
        {
            byte[] bytes = [.. rows];
            for (int hit = 0; hit < 1 + (trial % 20); hit++)
            {
                bytes[(int)(words() % (ulong)bytes.Length)] = (byte)(words() % 256);
            }

            using TemporaryFile file = new(bytes);
            try
            {
                ClinicalTable table = CsvCohortReader.Read(Heart, file.Path);
                IEnumerable<int> kept = table.SourceRows;
                Assert.Equal(Enumerable.Range(0, table.RowsRead),
                    kept.Concat(table.Problems.Select(problem => problem.Row).Distinct()).Order());
                Assert.All(table.Features, value => Assert.True(double.IsFinite(value)));
            }
            catch (ClinicalDataException refusal)
            {
                Assert.StartsWith("heart.csv: ", refusal.Message, StringComparison.Ordinal);
            }
        }
    }

    private static ClinicalTable Read(DataContract contract, string text)
    {
        using TemporaryFile file = new(text);
        return CsvCohortReader.Read(contract, file.Path);
    }
}
