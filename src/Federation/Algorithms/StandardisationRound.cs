using DigitalTwin.Federation.Studies;
using DigitalTwin.Models.Statistics;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>Federated standardisation: n, Σu and Σu² in reference units give the pooled mean and deviation.</summary>
public sealed class StandardisationRound(StudyDocument document) : RoundAlgorithm
{
    private readonly double[] _means = document.ReferenceMeans;
    private readonly double[] _deviations = document.ReferenceDeviations;

    public override int Words => 1 + (2 * _means.Length);

    public override void Contribute(ModelState state, RoundSetting setting, LocalInputs inputs, Span<ulong> words)
    {
        double[] statistic = Moments.LocalStatistic(inputs.Train, _means, _deviations);
        new FixedPoint(ScaleBits, setting.Cohort).Encode(statistic, words);
    }

    public override ModelState Advance(ModelState state, RoundSetting setting, ReadOnlySpan<ulong> sum)
    {
        FixedPoint fixedPoint = new(ScaleBits, setting.Cohort);
        (double[] mean, double[] deviation) = Moments.FromSum(
            fixedPoint.Decode(sum), _means, _deviations, fixedPoint.ErrorBound);
        return state with { Mean = mean, Deviation = deviation, Next = RoundPurpose.Train };
    }
}
