using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Networks.PerSample;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

namespace DigitalTwin.Federation.Attacks;

/// <summary>
/// Invented patients, each put in or left out by a fair coin, on whom a private training is audited: every one has a
/// parameter of its own, so that one run is as many independent trials.
/// </summary>
/// <remarks>
/// <para>The strongest patient that the guarantee speaks about, after Nasr et al., "Tight Auditing of Differentially
/// Private Machine Learning", USENIX Security 2023 (their canary gradient): always longer than the clip, in a direction
/// that nobody else has, and the same in every step. Canary i has feature i alone, and its loss is the quantile loss of
/// a target far out of reach, whose slope does not depend on the parameters. So weight i moves by canary i and by its
/// own noise, and by nothing else.</para>
/// <para>The attacker sees the parameters after every step, as everybody in a federation does, and knows the sampling
/// rate and the noise.</para>
/// </remarks>
public sealed class CanaryCohort
{
    /// <summary>What the audited training must clip to.</summary>
    public const double Clip = 1;

    // The slope of the loss at the level 1/2 times the feature: a gradient eight times as long as the clip. Exact in
    // floats. A longer one would show more of a training that does not clip, and overflow the grid sooner.
    private const float Feature = 16;
    private const double Level = 0.5;

    // Out of reach of any output: weights move by some clips.
    private const float Target = 1e9f;

    private readonly bool[] _included;

    /// <param name="canaries">How many, in and out; about half of them are patients.</param>
    /// <param name="seed">Of the coins.</param>
    public CanaryCohort(int canaries, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(canaries, 4);
        Network = NetworkOf(canaries);
        PhiloxStream coins = new(seed, stream: 0);
        _included = new bool[canaries];
        for (int canary = 0; canary < canaries; canary++)
        {
            _included[canary] = coins.NextBelow(2) == 1;
        }

        Patients = PatientsOf(Network, _included);
    }

    /// <summary>One weight per canary and a bias.</summary>
    public Network Network { get; }

    /// <summary>The canaries that are in, each a patient of one row.</summary>
    public PatientRows Patients { get; }

    /// <summary>For each canary whether it is in.</summary>
    public ReadOnlySpan<bool> Included => _included;

    /// <summary>
    /// Runs the training and scores each canary by how much likelier its weight's way is with it than without.
    /// </summary>
    /// <remarks>
    /// The logarithm of the likelihood ratio of the claimed mechanism, Σ ln(1 − q + q·exp((2x − 1)/2σ²)) with x the
    /// canary's part of a step in clips; no score separates better if the claim is true (Neyman and Pearson 1933).
    /// </remarks>
    /// <param name="trainer">
    /// Of this cohort's network and patients, with plain gradient descent and a clip of <see cref="Clip"/>.
    /// </param>
    /// <param name="claim">What it claims to do; the expected batch is what turns its parameters into sums.</param>
    /// <param name="steps">How many.</param>
    public double[] Scores(PrivateTrainer trainer, PrivateTrainingSettings claim, int steps)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(claim);
        double rate = claim.Sampling.Rate;
        double variance = claim.NoiseMultiplier * claim.NoiseMultiplier;
        double[] scores = new double[_included.Length];
        float[] before = trainer.Parameters.ToArray();
        for (int step = 0; step < steps; step++)
        {
            trainer.Step(learningRate: 1);
            ReadOnlySpan<float> after = trainer.Parameters;
            for (int canary = 0; canary < scores.Length; canary++)
            {
                double moved = (after[canary] - (double)before[canary]) * claim.ExpectedBatch / Clip;
                scores[canary] += LogLikelihoodRatio(moved, rate, variance);
            }

            after.CopyTo(before);
        }

        return scores;
    }

    /// <summary>What the steps of <paramref name="claim"/> would cost a patient.</summary>
    public static PrivacyComposition Releases(PrivateTrainingSettings claim, int steps)
    {
        ArgumentNullException.ThrowIfNull(claim);
        return PrivacyComposition.Of(claim.Sampling.Gaussian(claim.NoiseMultiplier), steps);
    }

    // Written so that exp does not overflow where a step gives the canary away, nor a logarithm of zero is taken.
    private static double LogLikelihoodRatio(double moved, double rate, double variance)
    {
        double exponent = ((2 * moved) - 1) / (2 * variance);
        if (rate == 1)
        {
            return exponent;
        }

        return exponent <= 0
            ? Math.Log(1 - rate + (rate * Math.Exp(exponent)))
            : exponent + Math.Log(rate + ((1 - rate) * Math.Exp(-exponent)));
    }

    private static Network NetworkOf(int features) => new(new NetworkDescription
    {
        Input = SampleShape.Vector(features),
        Layers = [new Dense { Width = 1 }],
        Loss = new QuantileLoss(Level),
    });

    private static PatientRows PatientsOf(Network network, bool[] included)
    {
        int patients = included.Count(isIn => isIn);
        float[] inputs = new float[patients * included.Length];
        int patient = 0;
        for (int canary = 0; canary < included.Length; canary++)
        {
            if (included[canary])
            {
                inputs[(patient * included.Length) + canary] = Feature;
                patient++;
            }
        }

        return new PatientRows(network, inputs, [.. Enumerable.Repeat(Target, patients)]);
    }
}
