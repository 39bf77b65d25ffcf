using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.SumReleases;

namespace DigitalTwin.Federation.Tests.PrivateTraining;

// Goal: one patient, whoever and however broken, moves what a step releases by at most the clip; noise, divisor and
// accounting are those of the paper. Method: sums read by a release that adds no noise, compared in integers between
// neighbouring cohorts; steps worked out by hand from the parts; a run that learns.
public sealed class PrivateTrainerTests
{
    private static readonly int Parameters = Cohort.Network.ParameterCount;

    [Fact]
    public void A_run_learns_and_costs_what_the_accountant_says()
    {
        PatientRows rows = Cohort.Patients(2000);
        PrivateTrainer trainer = Cohort.Trainer(rows, "learns", rate: 0.05);
        for (int step = 0; step < 60; step++)
        {
            trainer.Step(learningRate: 1);
        }

        Assert.InRange(Cohort.Accuracy(trainer.Parameters), 0.9, 1);
        EpsilonBounds bounds = trainer.Epsilon(1e-5);
        EpsilonBounds expected = PrivacyLossAccountant.Epsilon(
            PrivacyComposition.Of(new PoissonSampling(0.05).Gaussian(1), 60), 1e-5)!.Value;
        Assert.InRange(bounds.Upper, expected.Lower, expected.Upper + 1e-3);
        Assert.InRange(trainer.GridSlack, 1e-16, 1e-12);
    }

    [Fact]
    public void The_same_key_and_run_give_the_same_bits_and_another_run_others()
    {
        PatientRows rows = Cohort.Patients(200);
        float[] Run(string run)
        {
            PrivateTrainer trainer = Cohort.Trainer(rows, run);
            trainer.Step(1);
            trainer.Step(1);
            return trainer.Parameters.ToArray();
        }

        Assert.Equal(Run("a"), Run("a"));
        Assert.NotEqual(Run("a"), Run("b"));
    }

    // For every patient: the sum with and without, in integers. The parameters are those after some steps, and the
    // patients have one to four rows.
    [Fact]
    public void No_patient_moves_the_sum_by_more_than_the_clip_and_others_do_not_move_at_all()
    {
        int[] patients = [.. Enumerable.Range(0, 60).Select(row => row / 5 * 2 + (row % 5 == 0 ? 0 : 1))];
        PatientRows rows = Cohort.Patients(60, patients);
        foreach (double clip in (double[])[1e-3, 0.3, 50])
        {
            int[] everybody = [.. Enumerable.Range(0, rows.Patients)];
            long[] all = SumOf(rows, everybody, clip);
            long[] parts = new long[Parameters];
            foreach (int patient in everybody)
            {
                long[] others = SumOf(rows, [.. everybody.Where(other => other != patient)], clip);
                long[] alone = SumOf(rows, [patient], clip);
                Int128 square = 0;
                for (int i = 0; i < Parameters; i++)
                {
                    Assert.Equal(all[i] - others[i], alone[i]);
                    square += (Int128)alone[i] * alone[i];
                    parts[i] += alone[i];
                }

                Assert.True(square <= (Int128)GradientClipping.LargestClip * GradientClipping.LargestClip);
                Assert.True(clip > 1 || square > (Int128)(0.99 * Math.ScaleB(1, 52)));
            }

            Assert.Equal(all, parts);
        }
    }

    [Fact]
    public void An_unclipped_sum_is_the_gradient_of_the_batch()
    {
        PatientRows rows = Cohort.Patients(50);
        float[] expected = new float[Parameters];
        (float[] inputs, float[] targets) = Cohort.Rows(50);
        Cohort.Network.LossAndGradient(
            Cohort.Network.InitialParameters(3),
            new() { Rows = 50, Inputs = inputs, Targets = targets },
            Cohort.Network.CreateWorkspace(50),
            expected);

        long[] sum = SumOf(rows, [.. Enumerable.Range(0, 50)], clip: 100);

        for (int i = 0; i < Parameters; i++)
        {
            Assert.Equal(50 * expected[i], sum[i] * (100.0 / GradientClipping.LargestClip), 1e-3);
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void A_patient_whose_gradient_is_not_finite_counts_as_nobody_and_is_counted(float value)
    {
        (float[] inputs, float[] targets) = Cohort.Rows(10);
        inputs[3 * Cohort.Features] = value;
        SumProbe probe = new(Parameters);
        PrivateTrainer trainer = Probed(
            new PatientRows(Cohort.Network, inputs, targets), [.. Enumerable.Range(0, 10)], 0.5, probe);

        StepFigures figures = trainer.Step(1);

        Assert.Equal(1, figures.NotFinite);
        Assert.True(double.IsFinite(figures.Loss));
        Assert.Equal(SumOf(Cohort.Patients(10), [0, 1, 2, 4, 5, 6, 7, 8, 9], 0.5), probe.Sum);
        Assert.All(trainer.Parameters.ToArray(), parameter => Assert.True(float.IsFinite(parameter)));
    }

    [Theory]
    [InlineData(1e20f)]
    [InlineData(float.MaxValue)]
    public void A_patient_with_absurd_values_is_bounded_as_any_other(float value)
    {
        (float[] inputs, float[] targets) = Cohort.Rows(1);
        Array.Fill(inputs, value);

        long[] sum = SumOf(new PatientRows(Cohort.Network, inputs, targets), [0], clip: 0.01);

        Int128 square = sum.Aggregate((Int128)0, (total, entry) => total + ((Int128)entry * entry));
        Assert.True(square <= (Int128)GradientClipping.LargestClip * GradientClipping.LargestClip);
        Assert.NotEqual(0, square);
    }

    [Fact]
    public void An_empty_batch_gets_its_noise()
    {
        PatientRows rows = Cohort.Patients(10);
        PrivateTrainer trainer = Cohort.Trainer(rows, "empty", rate: 1e-9);

        StepFigures figures = trainer.Step(1);

        Assert.Equal(0, figures.Batch);
        float[] initial = Cohort.Network.InitialParameters(3);
        Assert.All(Enumerable.Range(0, Parameters), i => Assert.NotEqual(initial[i], trainer.Parameters[i]));
    }

    // The step by hand: x − η·(Σ + noise)·C / (2^26 · expected batch), the noise drawn again from the same key.
    [Fact]
    public void A_step_divides_by_the_expected_batch()
    {
        PatientRows rows = Cohort.Patients(40);
        PrivateTrainer trainer = Cohort.Trainer(rows, "divisor", rate: 0.5);
        IReadOnlyList<int> batch;
        using (CounterRandomBits bits = Cohort.Key("divisor").Batch(0))
        {
            batch = new PoissonSampling(0.5).Draw(40, bits);
        }

        Assert.NotEqual(20, batch.Count);
        IndependentRelease release = new(
            Parameters, GradientClipping.LargestClip, 1, Cohort.Key("divisor").Noise);
        double[] noisy = new double[Parameters];
        release.Release(SumOf(rows, batch, clip: 1), noisy);

        trainer.Step(0.25);

        float[] expected = Cohort.Network.InitialParameters(3);
        for (int i = 0; i < Parameters; i++)
        {
            double mean = noisy[i] / GradientClipping.LargestClip / 20;
            Assert.Equal(expected[i] - (0.25 * mean), trainer.Parameters[i], 1e-6);
        }
    }

    // Otherwise noise and batches of a plan would run apart, and a patient's parts come closer than planned.
    [Fact]
    public void A_step_that_fails_before_its_release_is_none()
    {
        PatientRows rows = Cohort.Patients(10);
        List<int> batch = [0, 10];
        IndependentRelease release = new(Parameters, GradientClipping.LargestClip, 1, Cohort.Key("again").Noise);
        PrivateTrainer trainer = Probed(rows, batch, clip: 1, release);

        Assert.ThrowsAny<Exception>(() => trainer.Step(1));
        Assert.Equal(0, trainer.Steps);
        batch[1] = 1;
        trainer.Step(1);

        Assert.Equal(1, trainer.Steps);
        PrivateTrainer other = Probed(
            rows, [0, 1], 1, new IndependentRelease(
                Parameters, GradientClipping.LargestClip, 1, Cohort.Key("again").Noise));
        other.Step(1);
        Assert.Equal(other.Parameters, trainer.Parameters);
    }

    [Fact]
    public void Parts_that_do_not_fit_are_refused()
    {
        PatientRows rows = Cohort.Patients(10);

        Assert.Throws<ArgumentException>(() => Cohort.Trainer(rows, "x", bound: new FlatBound(Parameters - 1, 1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => Cohort.Trainer(rows, "x", noise: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new FlatBound(Parameters, double.NaN));
        Assert.Throws<ArgumentException>(() => new TrainingKey(new byte[31], "run"));
    }

    private static long[] SumOf(PatientRows rows, IReadOnlyList<int> batch, double clip)
    {
        SumProbe probe = new(Parameters);
        Probed(rows, batch, clip, probe).Step(0);
        return probe.Sum;
    }

    private static PrivateTrainer Probed(
        PatientRows rows, IReadOnlyList<int> batch, double clip, SumRelease release) => new(
        new PrivateTrainerParts
        {
            Network = Cohort.Network,
            Rows = rows,
            Optimiser = new SgdOptimiser(Parameters),
            Bound = new FlatBound(Parameters, clip),
            Batches = new FixedBatches(batch),
            Release = release,
            Divisor = drawn => int.Max(1, drawn),
        },
        Cohort.Network.InitialParameters(3));
}
