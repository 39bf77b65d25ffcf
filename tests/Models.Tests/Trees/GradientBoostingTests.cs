using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Trees;

namespace DigitalTwin.Models.Tests.Trees;

// Goal: boosted trees are those of an independent implementation, and the sum over hospitals grows the pooled trees bit
// for bit. Method: scikit-learn 1.2.1 on pbcseq in whole numbers, HistGradientBoostingClassifier and Regressor
// (learning_rate=0.2, max_iter=20, max_depth=3, max_leaf_nodes=None, min_samples_leaf=20, l2_regularization=1.0,
// early_stopping=False), whose derivatives are single precision; trees worked by hand.
public sealed class GradientBoostingTests
{
    private static readonly TreeSettings Tree = new(MaxDepth: 3, L2: 1, MinChildRows: 20, MinChildHessian: 1e-3);
    private static readonly int[] Rows = [0, 1, 500, 1000, 1500, 1944];

    [Fact]
    public void Risk_of_death_agrees_with_scikit_learn()
    {
        Table table = TreeData.Visits();
        BoostedTrees model = Grow(TreeData.Bins(4), Risk(), table);

        double[] margins = [.. Enumerable.Range(0, table.Rows).Select(row => model.Margin(table.Row(row)))];
        double loss = margins.Zip(table.Labels.ToArray(), DeterministicMath.LogLoss).Sum();

        Agreement.Close(
            [2.152002784186, 2.037831436346, 0.844089035232, 0.253563633633, -1.590195610293, -0.770338728286],
            [.. Rows.Select(row => margins[row])],
            1e-6);
        Assert.Equal(-1416.78491266231, margins.Sum(), 1e-3);
        Assert.Equal(814.825544367822, loss, 1e-4);
    }

    [Fact]
    public void Bilirubin_by_the_squared_loss_agrees_with_scikit_learn()
    {
        Table table = TreeData.VisitsByBilirubin();
        BoostingSettings settings = new(BoostingLoss.Squared, 20, 0.2, BaseMargin: 4.382005141388, Tree);

        BoostedTrees model = Grow(TreeData.Bins(3), settings, table);

        Agreement.Close(
            [12.340733854959, 6.553907012268, 7.104668973228, 2.995580898537, 4.120064893907, 16.177242784927],
            [.. Rows.Select(row => model.Predict(table.Row(row)))],
            1e-5);
    }

    [Fact]
    public void The_sum_over_four_hospitals_grows_the_pooled_trees_bit_for_bit()
    {
        Table table = TreeData.Visits();
        FeatureBins bins = TreeData.Bins(4);

        BoostedTrees pooled = Grow(bins, Risk(), table);
        BoostedTrees federated = Grow(
            bins, Risk(), [.. TreeData.Split(table.Rows).Select(rows => table.Select(rows))]);

        TreeData.AssertSameTrees(pooled.Trees, federated.Trees);
    }

    [Fact]
    public void A_site_that_joins_late_gives_the_statistic_of_one_that_was_there()
    {
        Table table = TreeData.Visits();
        FeatureBins bins = TreeData.Bins(4);
        GradientBoosting boosting = new(bins, Risk());
        BoostingSite early = new(table, bins);
        while (boosting.Model.Trees.Count < 3)
        {
            boosting.Advance(boosting.LocalStatistic(early));
        }

        Agreement.SameBits(
            boosting.LocalStatistic(early), boosting.LocalStatistic(new BoostingSite(table, bins)));
    }

    [Fact]
    public void One_split_is_that_of_the_formulas()
    {
        // Squared loss from 0: G = -(1 + 1), H = 2 on the left, G = -10, H = 2 on the right, λ = 1, γ = 3.
        Table table = new(1, [1, 2, 3, 4], [1, 1, 5, 5]);
        BoostingSettings settings = new(
            BoostingLoss.Squared, Trees: 1, LearningRate: 0.5, BaseMargin: 0, new TreeSettings(1, L2: 1, MinGain: 3));
        FeatureBins bins = new([[1.5, 2.5, 3.5]]);

        DecisionTree tree = Grow(bins, settings, table).Trees[0];

        double gain = (0.5 * ((4.0 / 3) + (100.0 / 3) - (144.0 / 5))) - 3;
        Assert.True(gain < 0);
        Assert.Equal([TreeNode.Leaf(12.0 / 5)], tree.Nodes);

        DecisionTree split = Grow(
            bins, settings with { Tree = new TreeSettings(1, L2: 1) }, table).Trees[0];
        Assert.Equal(
            [new TreeNode(0, 1, 2.5, 1, 12.0 / 5, gain + 3), TreeNode.Leaf(2.0 / 3), TreeNode.Leaf(10.0 / 3)],
            split.Nodes);
        Assert.Equal([gain + 3], split.GainByFeature(1));
    }

    [Fact]
    public void Equal_gains_go_to_the_first_feature_and_the_lowest_cut()
    {
        // Two equal columns, and no row between the cuts 1.2 and 1.8.
        Table table = new(2, [1, 1, 2, 2], [0, 4]);
        BoostingSettings settings = new(BoostingLoss.Squared, 1, 1, 0, new TreeSettings(2, L2: 0));
        FeatureBins bins = new([[1.2, 1.8], [1.2, 1.8]]);

        TreeNode root = Grow(bins, settings, table).Trees[0].Nodes[0];

        Assert.Equal((0, 1.2), (root.Feature, root.Cut));
    }

    [Fact]
    public void Labels_sums_and_rounds_that_do_not_fit_are_refused()
    {
        FeatureBins bins = new([[0.5]]);
        GradientBoosting boosting = new(bins, Risk() with { Trees = 1 });

        Assert.Throws<ArgumentException>(
            () => boosting.LocalStatistic(new BoostingSite(new Table(1, [1], [2]), bins)));
        Assert.Throws<ArgumentException>(() => boosting.Advance([1, 2]));
        Assert.Throws<ArgumentException>(() => boosting.Advance([double.NaN, 0, 0, 0, 0, 0]));
        boosting.Advance(new double[6]);
        Assert.True(boosting.Finished);
        Assert.Throws<InvalidOperationException>(() => boosting.Advance(new double[6]));
        Assert.Throws<ArgumentException>(() => new FeatureBins([[2.0, 1.0]]));
        Assert.Throws<ArgumentException>(() => new BoostingSite(new Table(2, [1, 1], [1]), bins));
    }

    [Fact]
    public void Even_bins_part_a_range()
    {
        FeatureBins bins = FeatureBins.Even([0], [10], bins: 5);

        Assert.Equal([0, 0, 1, 1, 4, 4], new double[] { -3, 2, 2.1, 4, 9, 99 }.Select(value => bins.BinOf(0, value)));
    }

    private static BoostingSettings Risk() =>
        new(BoostingLoss.Logistic, Trees: 20, LearningRate: 0.2, BaseMargin: -0.520434482873, Tree);

    private static BoostedTrees Grow(FeatureBins bins, BoostingSettings settings, params Table[] tables)
    {
        BoostingSite[] sites = [.. tables.Select(table => new BoostingSite(table, bins))];
        GradientBoosting boosting = new(bins, settings);
        while (!boosting.Finished)
        {
            boosting.Advance(HeartDisease.Sum(sites.Select(boosting.LocalStatistic)));
        }

        return boosting.Model;
    }
}
