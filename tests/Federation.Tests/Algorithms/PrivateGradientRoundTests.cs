using System.Numerics;
using DigitalTwin.Documents;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Federation.Tests.Algorithms;

// Goal: the noise that survives a hospital working with the coordinator is the noise that was accounted for.
public sealed class PrivateGradientRoundTests
{
    private static readonly RoundNoise Noise = PrivateGradientRound.NoiseOf(
        StudyText.Study("{ kind: gradient }", StudyText.EpsilonOne), coordinates: 14);

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(8)]
    public void Acceptance_g_the_fewest_survivors_less_one_carry_the_whole_variance(int cohort)
    {
        BigInteger share = PrivateGradientRound.ShareVariance(Noise, NoisePlacement.Distributed, cohort);
        BigInteger variance = new(Math.Ceiling(Noise.SigmaGrid * Noise.SigmaGrid));

        // Variances of independent shares add up. What is above σ² is rounding up, one unit per share.
        BigInteger left = share * (cohort - 1);
        Assert.True(left >= variance);
        Assert.True(left - variance < cohort);
        Assert.True(share * (cohort - 2) < variance);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(8)]
    public void A_local_share_is_the_whole_variance_whoever_else_takes_part(int cohort) => Assert.Equal(
        new BigInteger(Math.Ceiling(Noise.SigmaGrid * Noise.SigmaGrid)),
        PrivateGradientRound.ShareVariance(Noise, NoisePlacement.Local, cohort));

    [Theory]
    [InlineData(0.5)]
    [InlineData(4)]
    public void The_clip_scales_sigma_and_leaves_the_multiplier(double clip)
    {
        RoundNoise scaled = PrivateGradientRound.NoiseOf(
            StudyText.Study(
                "{ kind: gradient }",
                FormattableString.Invariant(
                    $"{{ protection: masks, dp: {{ epsilon: 1, delta: 1e-3, clip: {clip} }} }}")),
            coordinates: 14);

        Assert.Equal(Noise.NoiseMultiplier, scaled.NoiseMultiplier);
        Assert.Equal(clip * Noise.Sigma, scaled.Sigma, 1e-12);
        Assert.Equal(clip, scaled.Clip);
    }

    [Theory]
    [InlineData("1e-7", "{ kind: logistic }")]
    [InlineData("1e-12", "{ kind: logistic }")]
    [InlineData("1e-6", "{ kind: mlp, hidden: [16] }")]
    public void A_delta_below_the_price_of_the_grid_is_refused_when_the_document_is_made(string delta, string model)
    {
        HospitalPlan plan = Sites.Synthetic()[0];
        string yaml = StudyText.Yaml(
            "{ kind: gradient, rounds: 100 }", $"{{ protection: masks, dp: {{ epsilon: 1, delta: {delta} }} }}", model);

        DocumentException refused = Assert.Throws<DocumentException>(() => StudyText.Document(plan, yaml));

        Assert.StartsWith("study.yaml:7: privacy.dp.delta: ", refused.Message, StringComparison.Ordinal);
    }
}
