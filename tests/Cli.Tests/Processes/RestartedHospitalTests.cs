using DigitalTwin.Federation.Rounds;

namespace DigitalTwin.Cli.Tests.Processes;

// Goal: a hospital that crashes between masking and unmasking, and comes back, still helps to open the sum: others count
// on the shares that it keeps. Method: SIGKILL of one of eight processes once it has committed, and its start at once.
public sealed class RestartedHospitalTests
{
    private const int KillRound = 2;
    private const string Victim = "north-2";

    [Fact]
    public void A_hospital_killed_after_its_commitment_and_started_again_goes_on()
    {
        const string name = "one-restarted";
        using ProcessConsortium consortium = ProcessConsortium.Start();
        WatchedLedger ledger = new(consortium.Coordinator);
        using RunningDtwin launch = consortium.Launch(StudyYaml.Newton(name));
        launch.WaitUntil(
            () => ledger.Committed(name, KillRound, Victim), "the victim's commitment", ProcessConsortium.Patience);
        consortium.Kill(Victim);
        Assert.NotEmpty(consortium.SecretsOf(Victim));

        consortium.Restart(Victim);

        Answer answer = launch.Finish(ProcessConsortium.Patience);
        Assert.True(answer.ExitCode is ExitCodes.Complete or ExitCodes.Degraded, answer.ToString());
        consortium.WaitUntilNobodyKeepsSecrets();
        consortium.Stop();
        StudyState study = new WatchedLedger(consortium.Coordinator).Study(name)!;
        RoundState round = study.Rounds.Single(one => one.Number == KillRound);
        Assert.Equal(RoundPhase.Final, round.Phase);
        Assert.Contains(Victim, round.Commitments.Keys);
        Assert.True(study.Dropped.Count == 0 || study.Dropped.Keys.Single() == Victim, study.Closing!.Reason);

        // Unless it was away for too long, its addend is in the sum and its shares helped to open it.
        Assert.Equal(answer.ExitCode == ExitCodes.Complete, study.Dropped.Count == 0);
        if (answer.ExitCode == ExitCodes.Complete)
        {
            Assert.Contains(Victim, round.Openings.Keys);
            Assert.Contains(Victim, round.Survivors);
        }

        ClearSums sums = new(consortium, study);
        Assert.All(study.Rounds, one => Assert.Equal(sums.DigestOf(one), one.Outcome!.Sum));
        string copy = consortium.CopyOfLedger();
        Assert.Equal(ExitCodes.Complete, Dtwin.Run("audit", "verify", copy).ExitCode);
        Assert.Equal(ExitCodes.Complete, Dtwin.Run("audit", "recompute", copy).ExitCode);
    }
}
