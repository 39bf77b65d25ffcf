using System.Globalization;
using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Tables;

namespace DigitalTwin.Clinical.Tests.Tables;

/// <summary>A split covers every row once, keeps the classes' shares and repeats with its words.</summary>
public sealed class TrainTestSplitTests
{
    private const string Header = "center,center_id,row_in_file,set,y\n";

    [Theory]
    [InlineData(60, 40, 0.34, 34, 14)]
    [InlineData(98, 2, 0.34, 34, 1)]
    [InlineData(99, 1, 0.34, 34, null)]
    [InlineData(50, 0, 0.2, 10, 0)]
    [InlineData(1, 1, 0.01, 1, null)]
    [InlineData(2, 2, 0.99, 2, 1)]
    public void A_stratified_split_keeps_the_share_of_either_label(
        int negatives, int positives, double share, int testRows, int? testPositives)
    {
        ClinicalTable table = TableOf(negatives, positives);

        (int[] train, int[] test) = TrainTestSplit.Stratified(table, share, SplitMix.From(3));

        Assert.Equal(Enumerable.Range(0, table.Rows), train.Concat(test).Order());
        Assert.Equal(testRows, test.Length);
        Assert.NotEmpty(train);
        if (testPositives is { } expected)
        {
            Assert.Equal(expected, test.Sum(row => table.Labels[row]));
        }
    }

    [Fact]
    public void The_same_words_give_the_same_split_and_others_another()
    {
        ClinicalTable table = TableOf(60, 40);

        Assert.Equal(TrainTestSplit.Stratified(table, 0.3, SplitMix.From(1)).test, TestRows(table, 1));
        Assert.NotEqual(TestRows(table, 2), TestRows(table, 1));
    }

    [Fact]
    public void Every_row_is_as_likely_as_any_other_to_be_tested()
    {
        // 2000 splits of 20 rows, 5 tested: a row is tested 500 times, sd 19.4; five sd leave one false alarm in 10^5.
        ClinicalTable table = TableOf(12, 8);
        Func<ulong> words = SplitMix.From(4);
        int[] tested = new int[20];
        for (int trial = 0; trial < 2000; trial++)
        {
            foreach (int row in TrainTestSplit.Stratified(table, 0.25, words).test)
            {
                tested[row]++;
            }
        }

        Assert.All(tested, count => Assert.InRange(count, 403, 597));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    [InlineData(double.NaN)]
    public void A_share_without_rows_on_both_sides_is_refused(double share)
    {
        Assert.Throws<ArgumentOutOfRangeException>(
            () => TrainTestSplit.Stratified(TableOf(3, 3), share, SplitMix.From(1)));
    }

    [Fact]
    public void A_split_file_is_read_for_its_site()
    {
        using TemporaryFile file = new($"{Header}va,3,0,train,0\nnorth,0,0,test,1\nva,3,1,test,0\nva,3,2,train,1\n");

        (int[] train, int[] test) = TrainTestSplit.FromFile(file.Path, "va", TableOf(2, 1));

        Assert.Equal([0, 2], train);
        Assert.Equal([1], test);
    }

    [Theory]
    [InlineData(Header + "va,3,0,train,0\nva,3,1,test,0\n",
        "heart.csv: 1 of the 3 rows of va are in neither set; use the split made for this file.")]
    [InlineData(Header + "va,3,0,train,0\nva,3,0,test,0\n",
        "heart.csv:3: row 0 of va is named twice or was not kept; use the split made for this file.")]
    [InlineData(Header + "va,3,7,train,0\n",
        "heart.csv:2: row 7 of va is named twice or was not kept; use the split made for this file.")]
    [InlineData(Header + "va,3,0,train,1\n",
        "heart.csv:2: row 0 of va has another label in the data; use the split made for this file.")]
    [InlineData(Header + "va,3,0,validate,0\n",
        "heart.csv:2: write center,center_id,row_in_file,set,y, for example va,3,17,test,1.")]
    [InlineData(Header + "va,3,0\n",
        "heart.csv:2: write center,center_id,row_in_file,set,y, for example va,3,17,test,1.")]
    [InlineData("row,set\n", "heart.csv:1: the first line must be center,center_id,row_in_file,set,y.")]
    [InlineData("", "heart.csv:1: the first line must be center,center_id,row_in_file,set,y.")]
    [InlineData(Header, "heart.csv: 3 of the 3 rows of va are in neither set; use the split made for this file.")]
    public void A_split_that_does_not_match_the_rows_is_refused(string text, string message)
    {
        using TemporaryFile file = new(text);

        Assert.Equal(message, Assert.Throws<ClinicalDataException>(
            () => TrainTestSplit.FromFile(file.Path, "va", TableOf(2, 1))).Message);
    }

    [Fact]
    public void A_missing_split_file_is_refused_in_one_sentence()
    {
        Assert.Equal("The split file absent.csv cannot be read; check the path.", Assert.Throws<ClinicalDataException>(
            () => TrainTestSplit.FromFile("absent.csv", "va", TableOf(2, 1))).Message);
    }

    [Fact]
    public void A_part_of_a_table_takes_rows_once_in_the_order_given()
    {
        ClinicalTable table = TableOf(2, 2);

        ClinicalTable part = table.Subset([3, 0]);

        Assert.Equal([1, 0], part.Labels);
        Assert.Equal([3, 0], part.SourceRows);
        Assert.Equal(table.Features[39..52], part.Features[..13]);
        Assert.Throws<ArgumentException>(() => table.Subset([1, 1]));
        Assert.Throws<ArgumentException>(() => table.Subset([]));
    }

    private static int[] TestRows(ClinicalTable table, ulong seed) =>
        TrainTestSplit.Stratified(table, 0.3, SplitMix.From(seed)).test;

    private static ClinicalTable TableOf(int negatives, int positives)
    {
        IEnumerable<string> rows = Enumerable.Range(0, negatives + positives).Select(row => string.Create(
            CultureInfo.InvariantCulture,
            $"{20 + (row % 80)},1,4,160,286,0,2,108,1,1.5,2,3,3,{(row < negatives ? 0 : 2)}"));
        using TemporaryFile file = new(string.Join('\n', rows));
        return CsvCohortReader.Read(DataContract.Embedded("heart-disease/v1"), file.Path);
    }
}
