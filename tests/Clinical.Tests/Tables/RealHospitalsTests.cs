using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Tables;
using DigitalTwin.TestKit;

namespace DigitalTwin.Clinical.Tests.Tables;

/// <summary>The four published files read as the published experiment reads them.</summary>
/// <remarks>
/// Goal: the same rows, labels and split as FLamby's Fed-Heart-Disease. Method: the counts of its paper, confirmed by
/// <c>awk -F, '{$11=$12=$13=0} !/[?]/ {n++; p+=$14>0} END {print n, p}'</c> over each file.
/// </remarks>
public sealed class RealHospitalsTests
{
    private static readonly DataContract Contract = DataContract.Embedded("heart-disease/v1");

    [Theory]
    [InlineData("cleveland", 303, 303, 139)]
    [InlineData("hungarian", 294, 261, 98)]
    [InlineData("switzerland", 123, 46, 45)]
    [InlineData("va", 200, 130, 101)]
    public void Exactly_the_published_rows_are_kept(string site, int rowsRead, int rowsKept, int positive)
    {
        ClinicalTable table = Read(site);

        Assert.Equal(rowsRead, table.RowsRead);
        Assert.Equal(rowsKept, table.Rows);
        Assert.Equal(positive, table.Labels.Sum());
        Assert.Equal(rowsRead - rowsKept, table.Problems.DistinctBy(problem => problem.Row).Count());
        Assert.All(table.Problems, problem => Assert.True(problem.Excluded));
        Assert.All(table.Problems, problem => Assert.Equal("is missing", problem.Reason));
        Assert.Equal(table.Rows * 13, table.Features.Length);
        Assert.All(table.Features, value => Assert.True(double.IsFinite(value)));
    }

    [Theory]
    [InlineData("cleveland", 199, 104)]
    [InlineData("hungarian", 172, 89)]
    [InlineData("switzerland", 30, 16)]
    [InlineData("va", 85, 45)]
    public void The_published_split_covers_every_row_once(string site, int trainRows, int testRows)
    {
        ClinicalTable table = Read(site);

        (int[] train, int[] test) = TrainTestSplit.FromFile(Shared("flamby_split.csv"), site, table);

        Assert.Equal(trainRows, train.Length);
        Assert.Equal(testRows, test.Length);
        Assert.Equal(Enumerable.Range(0, table.Rows), train.Concat(test).Order());
    }

    [Fact]
    public void A_row_becomes_numbers_in_the_order_of_the_contract()
    {
        ClinicalTable table = Read("cleveland");

        Assert.Equal(
            "age sex trestbps chol fbs thalach exang oldpeak cp=2 cp=3 cp=4 restecg=1 restecg=2",
            string.Join(' ', table.FeatureNames));

        // Second line of the file: 67.0,1.0,4.0,160.0,286.0,0.0,2.0,108.0,1.0,1.5,2.0,3.0,3.0,2
        Assert.Equal([67, 1, 160, 286, 0, 108, 1, 1.5, 0, 0, 1, 0, 1], table.Features[13..26]);
        Assert.Equal(1, table.Labels[1]);
        Assert.Equal([0, 1, 2], table.SourceRows[..3]);
    }

    [Fact]
    public void Zeros_that_stand_for_missing_are_kept_and_counted()
    {
        Assert.Equal(
            [new DataFlag("hidden-missing", "chol", 46), new DataFlag("constant", "chol", 46)],
            Read("switzerland").Flags);
        Assert.Equal(
            [new DataFlag("hidden-missing", "trestbps", 1), new DataFlag("hidden-missing", "chol", 33)],
            Read("va").Flags.OrderBy(flag => flag.Count));
        Assert.Empty(Read("cleveland").Flags);
    }

    [Fact]
    public void The_swiss_training_rows_are_flagged_as_one_class()
    {
        ClinicalTable table = Read("switzerland");
        (int[] train, int[] test) = TrainTestSplit.FromFile(Shared("flamby_split.csv"), "switzerland", table);

        ClinicalTable training = table.Subset(train);

        Assert.Contains(new DataFlag("one-class", "label", 30), training.Flags);
        Assert.Contains(new DataFlag("constant", "chol", 30), training.Flags);
        Assert.Contains(new DataFlag("hidden-missing", "chol", 30), training.Flags);
        Assert.DoesNotContain(table.Subset(test).Flags, flag => flag.Kind == "one-class");
        Assert.Equal(15, table.Subset(test).Labels.Sum());
    }

    private static ClinicalTable Read(string site) =>
        CsvCohortReader.Read(Contract, Shared($"processed.{site}.data"));

    private static string Shared(string name)
    {
        string? path = SharedFiles.Find($"data/heart_disease/{name}");
        Assert.SkipWhen(path is null, "needs data/heart_disease beside the checkout");
        return path!;
    }
}
