using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Trees;

namespace DigitalTwin.Models.Tests.Trees;

/// <summary>Visits of pbcseq in whole numbers, so that every implementation has the same bins.</summary>
internal static class TreeData
{
    /// <summary>
    /// [⌊8 ln bili⌋, ⌊10 albumin⌋, ⌊4 protime⌋, ⌊age⌋] with the label 1 for patients who die.
    /// </summary>
    public static Table Visits()
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("survival_pbcseq");
        return new Table(
            4,
            ClinicalCsv.RowMajor(
                [.. data.Numbers("bili").Select(value => Math.Floor(8 * DeterministicMath.Log(value)))],
                [.. data.Numbers("albumin").Select(value => Math.Floor(10 * value))],
                [.. data.Numbers("protime").Select(value => Math.Floor(4 * value))],
                [.. data.Numbers("age").Select(Math.Floor)]),
            data.Is("status", "2"));
    }

    /// <summary>The last three features, with the first as the label.</summary>
    public static Table VisitsByBilirubin()
    {
        Table visits = Visits();
        int[] rows = [.. Enumerable.Range(0, visits.Rows)];
        return new Table(
            3,
            [.. rows.SelectMany(row => visits.Row(row)[1..].ToArray())],
            [.. rows.Select(row => visits.Row(row)[0])]);
    }

    /// <summary>Cuts half way between whole numbers.</summary>
    public static FeatureBins Bins(int features)
    {
        double[] between = [.. Enumerable.Range(-20, 166).Select(i => i + 0.5)];
        return new FeatureBins([.. Enumerable.Repeat(between, features)]);
    }

    /// <summary>Four hospitals.</summary>
    public static int[][] Split(int rows) =>
        [.. Enumerable.Range(0, rows).GroupBy(row => row * 7 % 4).Select(site => site.ToArray())];

    public static void AssertSameTrees(IReadOnlyList<DecisionTree> expected, IReadOnlyList<DecisionTree> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        Assert.All(expected.Zip(actual), pair => Assert.Equal(pair.First.Nodes, pair.Second.Nodes));
    }
}
