using DigitalTwin.Models.Clustering;
using DigitalTwin.Models.GeneralisedLinear;
using DigitalTwin.Models.Kernels;
using DigitalTwin.Models.MixedEffects;
using DigitalTwin.Models.Sequences;
using DigitalTwin.Models.Survival;
using DigitalTwin.Models.Trees;

namespace DigitalTwin.Models.Tests;

// Goal: a hospital that has no patient for a study adds nothing, whatever the model. Method: the statistic of empty
// tables is all zeros, and as long as any other.
public sealed class EmptySiteTests
{
    private static readonly Table Nobody = new(2, [], []);

    [Fact]
    public void Generalised_linear_models_add_nothing()
    {
        GeneralisedLinearModel model = new(GlmFamily.Poisson, 2);

        AssertNothing(model.StatisticLength, model.StartStatistic(Nobody));
        AssertNothing(model.StatisticLength, model.LocalStatistic(Nobody, [0, 0, 0]));
    }

    [Fact]
    public void Survival_models_add_nothing()
    {
        SurvivalTable nobody = new(2, [], [], []);
        CoxTimeGrid grid = new([1, 2], [0, 0]);

        AssertNothing(
            CoxLikelihood.StatisticLength(2), CoxLikelihood.LocalStatistic(nobody, [0, 0], CoxTies.Efron));
        AssertNothing(grid.StatisticLength, grid.LocalStatistic(nobody, [0, 0]));
        AssertNothing(Concordance.StatisticLength, Concordance.LocalStatistic(nobody, []));
    }

    [Fact]
    public void Mixed_models_add_nothing()
    {
        LinearMixedModel model = new(2, 1);

        AssertNothing(
            model.StatisticLength, model.LocalStatistic(new LongitudinalTable(2, 1, [], [], [], []), [1]));
    }

    [Fact]
    public void Clusters_sequences_and_kernels_add_nothing()
    {
        HiddenMarkovModel hidden = new([1], [1], new DiscreteEmission(2, [0.5, 0.5]));
        SupportVectorMachine machine = SupportVectorMachine.SquaredHinge(2);
        SparseGaussianProcess process = new(new GaussianKernel(1, 1), 2, [0, 0]);

        AssertNothing(KMeans.StatisticLength(1, 2), KMeans.LocalStatistic(Nobody, [0, 0]));
        AssertNothing(hidden.StatisticLength, hidden.LocalStatistic([]));
        AssertNothing(hidden.StatisticLength, hidden.LocalStatistic([new ObservationSequence(1, [])]));
        AssertNothing(machine.StatisticLength, machine.LocalStatistic(Nobody, [0, 0, 0]));
        AssertNothing(process.StatisticLength, process.LocalStatistic(Nobody));
    }

    [Fact]
    public void Trees_add_nothing()
    {
        FeatureBins bins = new([[0.5], [0.5]]);
        TreeSettings tree = new(MaxDepth: 2);
        GradientBoosting boosting = new(bins, new BoostingSettings(BoostingLoss.Logistic, 1, 1, 0, tree));
        ForestGrowth forest = new(bins, new ForestSettings(1, 2, 1, tree));

        AssertNothing(boosting.StatisticLength, boosting.LocalStatistic(new BoostingSite(Nobody, bins)));
        AssertNothing(forest.StatisticLength, forest.LocalStatistic(new ForestSite(Nobody, bins, [[]])));
    }

    private static void AssertNothing(int length, double[] statistic)
    {
        Assert.Equal(length, statistic.Length);
        Assert.All(statistic, entry => Assert.Equal(0, entry));
    }
}
