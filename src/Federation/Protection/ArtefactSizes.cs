using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Protection;

/// <summary>
/// How large the artefacts of a round are: what a hospital may announce and the coordinator will take.
/// </summary>
public static class ArtefactSizes
{
    /// <summary>Bytes of one protected addend.</summary>
    public static long OfAddend(StudyState study, RoundState round) => round switch
    {
        { Purpose: RoundPurpose.Keys } => ThresholdSetting.Of(round).Parameters.PublicShareBytes,
        { Protection: SumProtection.Masks } => SlotCodec.BytesFor(round.Words, round.Terms.SlotBits),
        _ => ThresholdSetting.Of(study.KeyRound!).Parameters.CiphertextBytes(round.Words, round.Terms.SlotBits),
    };

    /// <summary>Largest share bundle of one hospital.</summary>
    public static long MostOfBundle(RoundState round) => round.Purpose == RoundPurpose.Keys
        ? KeyShareBundle.BytesFor(ThresholdSetting.Of(round))
        : ShareBundle.MostBytes(round.Participants.Count);

    /// <summary>Largest contribution of one hospital to the opening of the sum.</summary>
    public static long MostOfOpening(StudyState study, RoundState round) => round.Protection == SumProtection.Masks
        ? RevealedShares.MostBytes(round.Participants.Count)
        : ThresholdSetting.Of(study.KeyRound!).Parameters.PartialBytes(round.Words, round.Terms.SlotBits);
}
