using DigitalTwin.Models.Survival;

namespace DigitalTwin.Models.Tests.Survival;

// Goal: pairs are counted as Harrell defines them. Method: tables small enough to list every pair.
public sealed class ConcordanceTests
{
    [Fact]
    public void Pairs_of_a_small_table_are_counted_by_hand()
    {
        // Events at 1 (risk 5), 2 (risk 3), 2 (risk 4); censored at 2 (risk 3) and at 1.5 (risk 9).
        SurvivalTable table = new(1, new double[5], [1, 2, 2, 2, 1.5], [1, 1, 1, 0, 0]);

        double[] pairs = Concordance.LocalStatistic(table, [5, 3, 4, 3, 9]);

        // From the event at 1: three right, one wrong. From the events at 2: tied with, and above, the censored row.
        Assert.Equal([4, 1, 1], pairs);
        Assert.Equal(4.5 / 6, Concordance.Of(pairs), 1e-15);
    }

    [Fact]
    public void Rows_of_other_strata_or_not_yet_at_risk_make_no_pair()
    {
        SurvivalTable strata = new(1, new double[2], [1, 2], [1, 0], strata: [0, 1]);
        SurvivalTable late = new(1, new double[2], [1, 2], [1, 0], starts: [0, 1.5]);

        Assert.Equal([0, 0, 0], Concordance.LocalStatistic(strata, [2, 1]));
        Assert.Equal([0, 0, 0], Concordance.LocalStatistic(late, [2, 1]));
        Assert.True(double.IsNaN(Concordance.Of([0, 0, 0])));
    }

    [Fact]
    public void Counts_of_hospitals_add_up_to_those_of_the_stratified_table()
    {
        SurvivalTable table = SurvivalData.Random(rows: 70, seed: 10);
        double[] risks = [.. Enumerable.Range(0, 70).Select(row => table.Row(row)[0])];

        double[] sum = HeartDisease.Sum(Enumerable.Range(0, 70).GroupBy(table.Stratum).Select(
            rows => Concordance.LocalStatistic(table.Select([.. rows]), [.. rows.Select(row => risks[row])])));

        Assert.Equal(Concordance.LocalStatistic(table, risks), sum);
    }
}
