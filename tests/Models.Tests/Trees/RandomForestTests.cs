using DigitalTwin.Models.Trees;

namespace DigitalTwin.Models.Tests.Trees;

// Goal: a tree of the forest is Breiman's, the sum over hospitals grows the pooled forest bit for bit, and the
// bootstrap has the distribution it claims. Method: scikit-learn 1.2.1 DecisionTreeClassifier(max_depth=4,
// min_samples_leaf=20) on pbcseq in whole numbers; fixed seeds; exact Poisson probabilities.
public sealed class RandomForestTests
{
    private static readonly TreeSettings Tree = new(MaxDepth: 4, L2: 0, MinChildRows: 20);
    private static readonly int[] Rows = [0, 1, 500, 1000, 1500, 1944];

    [Fact]
    public void A_single_tree_without_bootstrap_agrees_with_scikit_learn()
    {
        Table table = TreeData.Visits();
        int[] once = [.. Enumerable.Repeat(1, table.Rows)];

        RandomForest forest = Grow(
            new ForestSettings(Trees: 1, FeaturesPerNode: 4, PublicSeed: 1, Tree),
            new ForestSite(table, TreeData.Bins(4), [once]));

        double[] risks = [.. Enumerable.Range(0, table.Rows).Select(row => forest.Predict(table.Row(row)))];
        TreeNode root = forest.Trees[0].Nodes[0];
        Assert.Equal((0, 3.5), (root.Feature, root.Cut));
        Assert.Equal(16, forest.Trees[0].Nodes.Count(node => node.IsLeaf));
        Agreement.Close(
            [0.948275862069, 0.948275862069, 0.713333333333, 0.85, 0.179104477612, 0.198275862069],
            [.. Rows.Select(row => risks[row])],
            1e-11);
        Assert.Equal(
            282.31403772966644, risks.Zip(table.Labels.ToArray(), (p, y) => (y - p) * (y - p)).Sum(), 1e-9);
    }

    [Fact]
    public void The_sum_over_four_hospitals_grows_the_pooled_forest_bit_for_bit()
    {
        const int Trees = 10;
        Table table = TreeData.Visits();
        FeatureBins bins = TreeData.Bins(4);
        int[][] hospitals = TreeData.Split(table.Rows);
        int[][][] weights = [.. hospitals.Select(
            (rows, site) => ForestSite.PoissonWeights(rows.Length, Trees, siteSeed: (ulong)(100 + site)))];
        int[][] pooledWeights = [.. Enumerable.Range(0, Trees).Select(
            tree => hospitals.SelectMany((_, site) => weights[site][tree]).ToArray())];
        ForestSettings settings = new(Trees, FeaturesPerNode: 2, PublicSeed: 8, Tree);

        RandomForest federated = Grow(settings, [.. hospitals.Select(
            (rows, site) => new ForestSite(table.Select(rows), bins, weights[site]))]);
        RandomForest pooled = Grow(
            settings, new ForestSite(table.Select([.. hospitals.SelectMany(rows => rows)]), bins, pooledWeights));

        TreeData.AssertSameTrees(pooled.Trees, federated.Trees);
        Assert.True(federated.Trees.Select(tree => tree.Nodes[0]).Distinct().Count() > 3);
    }

    [Fact]
    public void Bootstrap_weights_have_the_probabilities_of_poisson_one()
    {
        // 100,000 draws: four standard errors are at most 4 sqrt(p (1 - p) / 100,000). With the seed fixed the test
        // cannot fail by chance; for another seed it would in fewer than 4 of 10,000.
        const int Draws = 100_000;
        int[] weights = ForestSite.PoissonWeights(Draws, 1, siteSeed: 17)[0];

        double probability = Math.Exp(-1);
        for (int count = 0; count < 5; count++)
        {
            double error = 4 * Math.Sqrt(probability * (1 - probability) / Draws);
            Assert.Equal(probability, (double)weights.Count(weight => weight == count) / Draws, error);
            probability /= count + 1;
        }
    }

    [Fact]
    public void Features_of_a_node_follow_the_public_seed_only()
    {
        Table table = TreeData.Visits();
        int[][] once = [.. Enumerable.Repeat(Enumerable.Repeat(1, table.Rows).ToArray(), 8)];
        ForestSite site = new(table, TreeData.Bins(4), once);

        RandomForest first = Grow(new ForestSettings(8, 1, PublicSeed: 2, Tree), site);
        RandomForest again = Grow(new ForestSettings(8, 1, PublicSeed: 2, Tree), site);
        RandomForest other = Grow(new ForestSettings(8, 1, PublicSeed: 3, Tree), site);

        TreeData.AssertSameTrees(first.Trees, again.Trees);
        Assert.NotEqual(
            first.Trees.SelectMany(tree => tree.Nodes), other.Trees.SelectMany(tree => tree.Nodes));
        Assert.True(first.Trees.Select(tree => tree.Nodes[0].Feature).Distinct().Count() > 1);
    }

    [Fact]
    public void Weights_and_settings_that_do_not_fit_are_refused()
    {
        Table table = new(1, [1, 2], [0, 1]);
        FeatureBins bins = new([[1.5]]);
        ForestGrowth growth = new(bins, new ForestSettings(2, 1, 1, Tree));

        Assert.Throws<ArgumentException>(() => new ForestSite(table, bins, [[1]]));
        Assert.Throws<ArgumentException>(() => new ForestSite(table, bins, [[1, -1]]));
        Assert.Throws<ArgumentException>(() => growth.LocalStatistic(new ForestSite(table, bins, [[1, 1]])));
        Assert.Throws<ArgumentException>(() => growth.Advance([1, 2]));
        Assert.Throws<ArgumentOutOfRangeException>(() => new ForestGrowth(bins, new ForestSettings(1, 2, 1, Tree)));
    }

    private static RandomForest Grow(ForestSettings settings, params ForestSite[] sites)
    {
        ForestGrowth growth = new(TreeData.Bins(4), settings);
        while (!growth.Finished)
        {
            growth.Advance(HeartDisease.Sum(sites.Select(growth.LocalStatistic)));
        }

        return growth.Model;
    }
}
