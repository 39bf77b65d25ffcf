using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Privacy.DifferentialPrivacy;
using DigitalTwin.Privacy.DifferentialPrivacy.Accounting;
using DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

namespace DigitalTwin.Federation.Tests.Attacks;

// Goal: the addend of a private study carries the noise that is claimed, as trials show it, and one hospital's share of
// distributed noise does not carry it alone. Method: patients with a feature each, half of them in, whose clipped
// gradients lie in coordinates of their own; the addend as it is before it is masked.
public sealed class AuditedGradientRoundTests
{
    private const int Canaries = 1200;
    private const double Significance = 1e-3;

    // At a margin of 0 the gradient is half of it: eight clips.
    private const double Feature = 16;

    // Five survivors are sure, one of which may be the attacker's: a share has a quarter of the variance, half of σ.
    private static readonly CohortSize Cohort = new(Hospitals: 7, Fewest: 5);

    [Theory]
    [InlineData("local", false)]
    [InlineData("distributed", true)]
    public void An_addend_is_as_private_as_local_noise_claims_and_a_share_is_not(string noise, bool refuted)
    {
        Study study = StudyText.Study(
            "{ kind: gradient, rounds: 1 }",
            $"{{ protection: masks, dp: {{ epsilon: 2, delta: 1e-3, noise: {noise} }} }}");
        LogisticModel model = new(Canaries);
        PrivateGradientRound round = new(study, model, Cohort);
        PhiloxStream coins = new(1, stream: 0);
        bool[] included = [.. Enumerable.Range(0, Canaries).Select(_ => coins.NextBelow(2) == 1)];
        using SeededRandomBits bits = new(new byte[SeededRandomBits.KeySize], $"audited {noise}");
        ulong[] words = new ulong[round.Words];

        Table heldOut = new(Canaries, new double[Canaries], [0]);
        LocalInputs inputs = new(RowsOf(included), heldOut, coins, bits);
        round.Contribute(StartOf(model), new RoundSetting(7, 1000, 1000), inputs, words);

        // Label 1 pulls the weight of a canary down.
        double[] scores = [.. words[..Canaries].Select(word => -(double)unchecked((long)word))];
        PrivacyComposition claim = PrivacyComposition.Of(new GaussianMechanism(round.Noise.NoiseMultiplier), 1);
        TradeOffFinding finding = TradeOffAudit.Run(scores, included, new TradeOffCurve(claim), Significance);
        Assert.Equal(refuted, finding.IsRefuted);
        Assert.True(refuted || finding.MuLowerBound <= 1 / round.Noise.NoiseMultiplier);
    }

    private static ModelState StartOf(LogisticModel model) => new()
    {
        Next = RoundPurpose.Train,
        TrainedRounds = 0,
        Mean = new double[Canaries],
        Deviation = [.. Enumerable.Repeat(1.0, Canaries)],
        Parameters = new double[model.ParameterCount],
        Optimiser = [],
        Evaluation = [],
    };

    private static Table RowsOf(bool[] included)
    {
        int[] patients = [.. Enumerable.Range(0, Canaries).Where(canary => included[canary])];
        double[] features = new double[patients.Length * Canaries];
        for (int patient = 0; patient < patients.Length; patient++)
        {
            features[(patient * Canaries) + patients[patient]] = Feature;
        }

        return new Table(Canaries, features, [.. patients.Select(_ => 1.0)]);
    }
}
