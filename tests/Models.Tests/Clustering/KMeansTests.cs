using DigitalTwin.Models.Clustering;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Models.Tests.Clustering;

// Goal: centres are those of an independent implementation, hospitals add up to the pooled run, and the start depends
// on public things only. Method: pbcseq against scikit-learn; tables worked by hand; fixed seeds.
public sealed class KMeansTests
{
    // scikit-learn 1.2.1: KMeans(3, init=Start, n_init=1, tol=0, algorithm='lloyd').fit(X) with X = [ln bili, albumin,
    // 5 ln protime] of pbcseq: cluster_centers_, inertia_, labels.
    private static readonly double[] Start = [-0.5, 3.5, 12, 1, 3.2, 12, 2.5, 2.8, 13];
    private static readonly double[] Expected =
    [
        -0.269226489738, 3.593520710059, 11.756546210815, 1.034211051392, 3.299489795918, 11.999636580835,
        2.44309806864, 2.942857142857, 12.46568908827,
    ];

    [Fact]
    public void Centres_of_liver_tests_agree_with_scikit_learn()
    {
        Table table = LiverTests();

        KMeansResult fit = KMeansFit.Run(Start, 3, centres => KMeans.LocalStatistic(table, centres));

        double[] sum = KMeans.LocalStatistic(table, fit.Centres);
        Agreement.Close(Expected, fit.Centres, 1e-10);
        Assert.Equal(1177.7522274656135, fit.SquaredDistance, 1e-8);
        Assert.Equal([1014, 588, 343], [sum[1], sum[5], sum[9]]);
        Assert.True(fit.Converged);
    }

    [Fact]
    public void The_sum_over_four_hospitals_gives_the_pooled_centres()
    {
        Table table = LiverTests();
        Table[] sites = [.. Enumerable.Range(0, 4).Select(
            site => table.Select([.. Enumerable.Range(0, table.Rows).Where(row => row % 4 == site)]))];

        KMeansResult pooled = KMeansFit.Run(Start, 3, centres => KMeans.LocalStatistic(table, centres));
        KMeansResult federated = KMeansFit.Run(
            Start, 3, centres => HeartDisease.Sum(sites.Select(site => KMeans.LocalStatistic(site, centres))));

        Agreement.Close(pooled.Centres, federated.Centres, 1e-12);
    }

    [Fact]
    public void A_centre_without_rows_stays_and_equal_distances_go_to_the_first()
    {
        Table table = new(1, [0, 2], [0, 0]);
        double[] centres = [1, 1, 50];

        double[] sum = KMeans.LocalStatistic(table, centres);

        Assert.Equal([2, 2, 2, 0, 0, 0, 0], sum);
        Assert.Equal([1, 1, 50], KMeans.Step(sum, centres, columns: 1));
    }

    [Fact]
    public void Start_takes_distinct_public_points_and_the_same_for_the_same_seed()
    {
        double[] points = [.. Enumerable.Range(0, 40).Select(i => (double)(i / 4))];
        Table grid = new(1, points, new double[40]);

        double[] first = KMeans.Start(grid, 10, new PhiloxStream(5, 0));
        double[] again = KMeans.Start(grid, 10, new PhiloxStream(5, 0));

        // Ten distinct values four times each: all are taken, since a point at distance zero cannot be drawn.
        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], first.Order());
        Agreement.SameBits(first, again);
        Assert.Throws<ArgumentException>(() => KMeans.Start(grid, 11, new PhiloxStream(5, 0)));
    }

    [Fact]
    public void Start_draws_points_by_their_squared_distance()
    {
        // From 0, the points 1 and 3 have squared distances 1 and 9. Two standard errors of 2,000 draws are below
        // 0.014; with the seed fixed the test cannot fail by chance.
        Table points = new(1, [0, 1, 3], new double[3]);
        PhiloxStream random = new(6, 0);
        int fromZero = 0;
        int far = 0;
        for (int draw = 0; draw < 6000; draw++)
        {
            double[] start = KMeans.Start(points, 2, random);
            fromZero += start[0] == 0 ? 1 : 0;
            far += start[0] == 0 && start[1] == 3 ? 1 : 0;
        }

        Assert.Equal(0.9, (double)far / fromZero, 0.014);
    }

    [Fact]
    public void Sums_of_another_length_or_not_finite_are_refused()
    {
        Assert.Throws<ArgumentException>(() => KMeans.Step([1, 2], [0, 1], columns: 1));
        Assert.Throws<ArgumentException>(() => KMeans.Step([0, 1, double.NaN], [0], columns: 1));
        Assert.Throws<ArgumentException>(() => KMeans.LocalStatistic(new Table(2, [1, 2], [0]), [1, 2, 3]));
    }

    private static Table LiverTests()
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("survival_pbcseq");
        return new Table(
            3,
            ClinicalCsv.RowMajor(
                [.. data.Numbers("bili").Select(DeterministicMath.Log)],
                data.Numbers("albumin"),
                [.. data.Numbers("protime").Select(value => 5 * DeterministicMath.Log(value))]),
            new double[data.Rows]);
    }
}
