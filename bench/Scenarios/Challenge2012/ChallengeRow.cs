namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>One model on the test patients.</summary>
/// <param name="Chosen">What the validating patients decided.</param>
/// <param name="Low">Lower end of the 95 % interval of the area.</param>
/// <param name="High">Its upper end.</param>
/// <param name="EventOne">At the threshold that was best on the patients that chose.</param>
internal sealed record ChallengeRow(
    string Model, string Chosen, double Auroc, double Low, double High, double EventOne)
{
    public static ChallengeRow Of(
        string model, string chosen, IcuStay[] stays, double[] scores, double threshold)
    {
        bool[] died = [.. stays.Select(stay => stay.Died)];
        DeLongInterval interval = DeLongInterval.Of(scores, died);
        return new(
            model,
            chosen,
            interval.Auroc,
            interval.Low,
            interval.High,
            Challenge2012.EventOne.Of(scores, died, threshold));
    }
}
