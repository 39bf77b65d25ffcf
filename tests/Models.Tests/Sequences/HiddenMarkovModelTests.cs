using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Sequences;

namespace DigitalTwin.Models.Tests.Sequences;

// Goal: expected counts and likelihood are exact, Baum-Welch climbs, and hospitals add up to the pooled run. Method:
// all state paths of short sequences; thirty rounds on pbcseq against a log-space Baum-Welch in numpy and scipy 1.10.1
// (logsumexp, no scaling); fixed seeds.
public sealed class HiddenMarkovModelTests
{
    [Fact]
    public void Expected_counts_and_likelihood_are_those_of_all_paths()
    {
        HiddenMarkovModel model = new(
            [0.6, 0.4], [0.7, 0.3, 0.2, 0.8], new DiscreteEmission(3, [0.5, 0.3, 0.2, 0.1, 0.3, 0.6]));
        double[] symbols = [0, 2, double.NaN, 1, 2];

        double[] statistic = model.LocalStatistic([new ObservationSequence(1, symbols)]);

        double[] expected = new double[model.StatisticLength];
        double total = 0;
        for (int path = 0; path < 1 << symbols.Length; path++)
        {
            double probability = ProbabilityOf(path);
            total += probability;
            for (int step = 0; step < symbols.Length; step++)
            {
                int state = StateAt(path, step);
                expected[3 + state] += step == 0 ? probability : 0;
                if (step > 0)
                {
                    expected[5 + (2 * StateAt(path, step - 1)) + state] += probability;
                }

                if (!double.IsNaN(symbols[step]))
                {
                    expected[9 + (3 * state) + (int)symbols[step]] += probability;
                }
            }
        }

        Agreement.Close([1, 5, Math.Log(total)], statistic.AsSpan(0, 3), 1e-13);
        Agreement.Close([.. expected.Skip(3).Select(count => count / total)], statistic.AsSpan(3), 1e-13);

        static int StateAt(int path, int step) => (path >> step) & 1;

        double ProbabilityOf(int path)
        {
            double[] emission = model.Emission.Parameters;
            double probability = model.Initial[StateAt(path, 0)];
            for (int step = 0; step < symbols.Length; step++)
            {
                int state = StateAt(path, step);
                probability *= step == 0 ? 1 : model.Transition[(2 * StateAt(path, step - 1)) + state];
                probability *= double.IsNaN(symbols[step]) ? 1 : emission[(3 * state) + (int)symbols[step]];
            }

            return probability;
        }
    }

    [Fact]
    public void Thirty_rounds_on_liver_courses_agree_with_a_log_space_implementation()
    {
        ObservationSequence[] patients = LiverCourses();

        BaumWelchResult fit = BaumWelch.Run(
            LiverStart(), model => model.LocalStatistic(patients), tolerance: 0, maxRounds: 30);

        double[] emission = fit.Model.Emission.Parameters;
        Assert.Equal(312, patients.Length);
        Assert.Equal(-3739.763339258179, fit.LogLikelihoods[0], 1e-8);
        Assert.Equal(-2849.118286804962, fit.LogLikelihoods[29], 1e-6);
        Agreement.Close([0.357365500818, 0.367816281471, 0.274818217711], fit.Model.Initial, 1e-9);
        Agreement.Close(
            [
                0.9419297770246, 0.05807022297504, 0, 0.009883819425667, 0.8624483827510, 0.1276677978234,
                0, 5.766620834099e-10, 0.9999999994233,
            ],
            fit.Model.Transition,
            1e-9);
        Agreement.Close(
            [
                -0.429399050826, 3.607360709338, 0.463263442791, 3.465963956271, 1.983999267069, 3.050823986985,
                0.104028802415, 0.116665452197, 0.170398353981, 0.226340280007, 0.477843460533, 0.265949561552,
            ],
            emission,
            1e-9);
    }

    [Fact]
    public void The_sum_over_four_hospitals_gives_the_pooled_model()
    {
        ObservationSequence[] patients = LiverCourses();
        ObservationSequence[][] sites =
            [.. patients.Index().GroupBy(p => p.Index % 4, p => p.Item).Select(site => site.ToArray())];

        BaumWelchResult pooled = BaumWelch.Run(
            LiverStart(), model => model.LocalStatistic(patients), tolerance: 0, maxRounds: 10);
        BaumWelchResult federated = BaumWelch.Run(
            LiverStart(),
            model => HeartDisease.Sum(sites.Select(model.LocalStatistic)),
            tolerance: 0,
            maxRounds: 10);

        Agreement.Close(pooled.Model.Transition, federated.Model.Transition, 1e-11);
        Agreement.Close(pooled.Model.Emission.Parameters, federated.Model.Emission.Parameters, 1e-11);
    }

    [Fact]
    public void The_likelihood_never_falls_also_where_entries_are_missing()
    {
        PhiloxStream random = new(13, 0);
        ObservationSequence[] patients = [.. Enumerable.Range(0, 30).Select(_ => new ObservationSequence(
            2, [.. Enumerable.Range(0, 24).Select(_ => random.NextUnit() < 0.3 ? double.NaN : random.NextNormal())]))];
        HiddenMarkovModel start = new(
            [0.5, 0.5], [0.9, 0.1, 0.1, 0.9], new GaussianEmission(2, [-1, 0, 1, 0], [1, 1, 1, 1], 1e-4));

        BaumWelchResult fit = BaumWelch.Run(
            start, model => model.LocalStatistic(patients), tolerance: 1e-5, maxRounds: 1000);

        Assert.All(fit.LogLikelihoods.Zip(fit.LogLikelihoods.Skip(1)), pair =>
            Assert.True(pair.Second >= pair.First - 1e-9, $"{pair.First:R} fell to {pair.Second:R}"));
        Assert.True(fit.LogLikelihoods[^1] > fit.LogLikelihoods[0] + 1);
        Assert.True(fit.Converged);
    }

    [Fact]
    public void States_that_are_far_apart_are_recognised_and_no_density_underflows()
    {
        // Both states give densities below e^-4000 at the middle step: only their ratio counts.
        HiddenMarkovModel model = new(
            [0.5, 0.5], [0.5, 0.5, 0.5, 0.5], new GaussianEmission(1, [0, 1], [0.0001, 0.0001], 1e-6));

        double[] states = model.StateProbabilities(new ObservationSequence(1, [0, 2, 1]));

        Agreement.Close([1, 0, 0, 1, 0, 1], states, 1e-12);
        Assert.True(double.IsFinite(model.LogLikelihood(new ObservationSequence(1, [0, 2, 1]))));
    }

    [Fact]
    public void A_state_that_explains_nothing_keeps_its_parameters()
    {
        HiddenMarkovModel model = new(
            [1, 0], [1, 0, 0.5, 0.5], new DiscreteEmission(2, [0.5, 0.5, 0.9, 0.1]));

        HiddenMarkovModel next = model.Step(model.LocalStatistic([new ObservationSequence(1, [0, 0, 1])]));

        Agreement.Close([1, 0, 0.5, 0.5], next.Transition, 1e-15);
        Agreement.Close([2.0 / 3, 1.0 / 3, 0.9, 0.1], next.Emission.Parameters, 1e-15);
    }

    [Fact]
    public void Models_sums_and_observations_that_are_none_are_refused()
    {
        DiscreteEmission coin = new(2, [0.5, 0.5]);
        HiddenMarkovModel model = new([1], [1], coin);
        HiddenMarkovModel onlyHeads = new([1], [1], new DiscreteEmission(2, [1, 0]));

        Assert.Throws<ArgumentException>(() => new HiddenMarkovModel([0.9], [1], coin));
        Assert.Throws<ArgumentException>(() => new HiddenMarkovModel([1], [1, 0], coin));
        Assert.Throws<ArgumentException>(() => new DiscreteEmission(2, [1.5, -0.5]));
        Assert.Throws<ArgumentException>(() => model.Step([1, 2]));
        Assert.Throws<ArgumentException>(() => model.LocalStatistic([new ObservationSequence(1, [2])]));
        Assert.Throws<ArgumentException>(() => onlyHeads.LocalStatistic([new ObservationSequence(1, [1])]));
        Assert.Throws<ArgumentException>(() => new ObservationSequence(2, [1, 2, 3]));
    }

    private static HiddenMarkovModel LiverStart() => new(
        [0.5, 0.3, 0.2],
        [0.8, 0.15, 0.05, 0.1, 0.8, 0.1, 0.05, 0.15, 0.8],
        new GaussianEmission(2, [-0.5, 3.6, 0.8, 3.3, 2.3, 2.9], [0.5, 0.5, 0.5, 0.5, 0.5, 0.5], varianceFloor: 1e-4));

    /// <summary>ln bilirubin and albumin of the visits of each patient of pbcseq.</summary>
    private static ObservationSequence[] LiverCourses()
    {
        ClinicalCsv data = ClinicalCsv.LoadOrSkip("survival_pbcseq");
        double[] bilirubin = data.Numbers("bili");
        double[] albumin = data.Numbers("albumin");
        return [.. data.Texts("id").Index().GroupBy(visit => visit.Item, visit => visit.Index).Select(
            visits => new ObservationSequence(
                2, [.. visits.SelectMany(row => new[] { DeterministicMath.Log(bilirubin[row]), albumin[row] })]))];
    }
}
