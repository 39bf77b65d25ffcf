using DigitalTwin.Federation.Rounds;

namespace DigitalTwin.Scenarios.Tests.Hosting;

/// <summary>What holds of a study that nothing went wrong with.</summary>
internal static class StudyAssert
{
    /// <summary>All four hospitals are in every round, each round is there once, and the last model is
    /// released.</summary>
    public static void Complete(StudyState study)
    {
        Assert.Equal("", string.Join(" ", study.Dropped.Values));
        Assert.True(study.Closing!.Verdict == "complete", study.Closing.Reason);
        Assert.Equal(study.LatestModel, study.Closing.Model);
        Assert.Equal(Enumerable.Range(1, study.Rounds.Count), study.Rounds.Select(round => round.Number));
        Assert.All(study.Rounds, round =>
        {
            Assert.Equal(RoundPhase.Final, round.Phase);
            Assert.Equal(4, round.Outcome!.Addends.Count);
        });
    }
}
