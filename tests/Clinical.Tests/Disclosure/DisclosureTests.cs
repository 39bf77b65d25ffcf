using DigitalTwin.Clinical.Disclosure;

namespace DigitalTwin.Clinical.Tests.Disclosure;

/// <summary>What a node tells of its rows is coarse, and no small cell, extreme or single value is shown.</summary>
public sealed class DisclosureTests
{
    [Theory]
    [InlineData(0, "0-19")]
    [InlineData(19, "0-19")]
    [InlineData(20, "20-49")]
    [InlineData(46, "20-49")]
    [InlineData(49, "20-49")]
    [InlineData(50, "50-99")]
    [InlineData(130, "100-199")]
    [InlineData(261, "200-499")]
    [InlineData(303, "200-499")]
    [InlineData(99_999, "50000-99999")]
    [InlineData(100_000, "100000+")]
    [InlineData(int.MaxValue, "100000+")]
    public void A_row_count_is_told_as_a_bucket(int rows, string bucket)
    {
        Assert.Equal(bucket, Buckets.Rows(rows));
        (int low, int high) = Buckets.Bounds(bucket);
        Assert.InRange(rows, low, high);
    }

    [Fact]
    public void Buckets_follow_each_other_without_gap_and_double_at_least()
    {
        int next = 0;
        string bucket;
        do
        {
            bucket = Buckets.Rows(next);
            (int low, int high) = Buckets.Bounds(bucket);
            Assert.Equal(next, low);
            Assert.True(high >= int.Max(19, (2 * low) - 1));
            next = high == int.MaxValue ? high : high + 1;
        }
        while (bucket != "100000+");
    }

    [Theory]
    [InlineData("21-30")]
    [InlineData("")]
    [InlineData("303")]
    public void A_text_that_is_no_bucket_is_refused(string text)
    {
        Assert.Throws<ArgumentException>(() => Buckets.Bounds(text));
    }

    [Theory]
    [InlineData(0.0, 303, "0-25%")]
    [InlineData(0.2499, 303, "0-25%")]
    [InlineData(0.25, 303, "25-50%")]
    [InlineData(0.459, 303, "25-50%")]
    [InlineData(0.5, 20, "50-75%")]
    [InlineData(0.75, 20, "75-100%")]
    [InlineData(1.0, 30, "75-100%")]
    [InlineData(0.5, 19, "undisclosed")]
    [InlineData(1.0, 0, "undisclosed")]
    public void A_prevalence_is_told_in_quarters_and_not_of_few_rows(double share, int rows, string told)
    {
        Assert.Equal(told, Buckets.Prevalence(share, rows));
    }

    [Theory]
    [InlineData(-0.01)]
    [InlineData(1.01)]
    [InlineData(double.NaN)]
    public void What_is_no_share_is_refused(double share)
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => Buckets.Prevalence(share, 100));
    }

    [Theory]
    [InlineData(0, "fewer than 3")]
    [InlineData(1, "fewer than 3")]
    [InlineData(2, "fewer than 3")]
    [InlineData(3, "3")]
    [InlineData(1234, "1234")]
    public void A_count_below_three_is_not_shown(int count, string shown)
    {
        Assert.Equal(shown, SmallCellRule.Show(count));
        Assert.Equal(count >= 3, SmallCellRule.MayShow(count));
    }

    [Theory]
    [InlineData(10, 46, true)]
    [InlineData(45, 46, false)]
    [InlineData(46, 46, false)]
    [InlineData(2, 46, false)]
    [InlineData(43, 46, true)]
    public void A_count_is_not_shown_where_the_rest_of_its_total_is_small(int count, int total, bool isShown)
    {
        Assert.Equal(isShown, SmallCellRule.MayShow(count, total));
    }

    [Fact]
    public void A_quantile_is_a_mean_of_three_and_never_an_extreme()
    {
        double[] sorted = [1, 2, 3, 4, 50, 60, 70, 80, 90];

        Assert.Equal(38, SmallCellRule.Quantile(sorted, 0.5));
        Assert.Null(SmallCellRule.Quantile(sorted, 0));
        Assert.Null(SmallCellRule.Quantile(sorted, 1));
        Assert.Null(SmallCellRule.Quantile(sorted, 0.25));
        Assert.Null(SmallCellRule.Quantile([1, 2, 3, 4, 5, 6], 0.5));
        Assert.Null(SmallCellRule.Quantile([], 0.5));
    }
}
