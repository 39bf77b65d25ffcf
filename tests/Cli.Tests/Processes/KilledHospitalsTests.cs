using System.Text;
using System.Text.Json;
using DigitalTwin.Federation.Rounds;

namespace DigitalTwin.Cli.Tests.Processes;

// Goal: hospitals killed between masking and unmasking cost neither the sum nor a secret. Method: nine real processes
// and two studies. In the first, one hospital gets SIGKILL once its commitment is in the coordinator's log, and is
// started again at once; in the second, two of the eight die so and stay dead. Then the ledger is audited, each sum
// compared with one made from the survivors' rows, and disks and logs searched for shares.
public sealed class KilledHospitalsTests(KilledHospitalsTests.Run run) : IClassFixture<KilledHospitalsTests.Run>
{
    private const int KillRound = 2;

    private const string Returning = "north-2";

    private static readonly string[] Victims = ["east-1", "west-2"];

    [Fact]
    public void A_hospital_that_is_started_again_at_once_goes_on_with_the_shares_that_it_kept()
    {
        (Answer launch, StudyState study) = (run.FirstLaunch, run.FirstStudy);
        RoundState round = study.Rounds.Single(one => one.Number == KillRound);

        Assert.True(launch.ExitCode is ExitCodes.Complete or ExitCodes.Degraded, launch.ToString());
        Assert.All(study.Rounds, one => Assert.Equal(RoundPhase.Final, one.Phase));
        Assert.Contains(Returning, round.Commitments.Keys);

        // On a busy machine it may be away for longer than the others wait: then it is excused, and nobody else.
        Assert.Equal(launch.ExitCode == ExitCodes.Complete ? [] : [Returning], study.Dropped.Keys);
        Assert.Equal(
            launch.ExitCode == ExitCodes.Complete ? run.FirstStudy.Participants : round.Survivors,
            round.Openings.Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_study_ends_degraded_and_names_both()
    {
        Assert.True(run.Launch.ExitCode == ExitCodes.Degraded, run.Launch.ToString());
        Assert.Equal("degraded", run.Study.Closing!.Verdict);
        Assert.Equal(Victims, run.Study.Dropped.Keys.Order(StringComparer.Ordinal));
        Assert.All(Victims, victim =>
            Assert.Contains(victim, run.Study.Closing.Reason, StringComparison.Ordinal));
        Assert.All(run.Study.Rounds, round => Assert.Equal(RoundPhase.Final, round.Phase));
        Assert.InRange(run.Duration, TimeSpan.Zero, ProcessConsortium.Patience);
    }

    [Fact]
    public void The_victims_committed_in_that_round_and_opened_nothing()
    {
        Assert.All(Victims, victim => Assert.Contains(victim, run.Round.Commitments.Keys));
        Assert.All(Victims, victim => Assert.DoesNotContain(victim, run.Round.Openings.Keys));
        Assert.Equal(
            run.Round.Participants.Except(Victims).Order(StringComparer.Ordinal),
            run.Round.Openings.Keys.Order(StringComparer.Ordinal));
        Assert.Equal(ProcessConsortium.Threshold, run.Round.Openings.Count);
    }

    [Fact]
    public void Every_sum_is_the_sum_of_its_survivors_rows_to_the_last_bit()
    {
        foreach (StudyState study in (StudyState[])[run.FirstStudy, run.Study])
        {
            ClearSums sums = new(run.Consortium, study);
            Assert.All(study.Rounds, round => Assert.Equal(sums.DigestOf(round), round.Outcome!.Sum));
        }
    }

    [Fact]
    public void The_ledger_verifies_and_every_sum_agrees_when_it_is_added_again()
    {
        Answer recompute = Dtwin.Run("audit", "recompute", run.Ledger, "--json");
        Answer verify = Dtwin.Run("audit", "verify", run.Ledger);

        Assert.True(recompute.ExitCode == ExitCodes.Complete, recompute.ToString());
        using JsonDocument document = JsonDocument.Parse(recompute.Output);
        JsonElement[] sums = [.. document.RootElement.GetProperty("sums").EnumerateArray()];
        Assert.Equal(
            run.FirstStudy.Rounds.Concat(run.Study.Rounds).Select(round => round.Number), sums.Select(NumberOf));
        Assert.All(sums, sum => Assert.True(sum.GetProperty("agrees").GetBoolean()));
        Assert.True(verify.ExitCode == ExitCodes.Complete, verify.ToString());
    }

    // Shares are 32 bytes: by chance one is met with probability below 2^-200. A victim answered nobody, so neither
    // share of anybody that it kept may be anywhere; a survivor gave one of each pair and keeps the other.
    [Fact]
    public void No_share_that_was_not_given_is_on_the_coordinators_disk_or_in_a_log()
    {
        byte[][] places = [.. run.CoordinatorFiles, .. run.Consortium.Logs.Select(Encoding.UTF8.GetBytes)];
        Assert.Equal(run.Round.Participants, run.Shares.Select(shares => shares.Holder));

        foreach (KeptShares kept in run.Shares)
        {
            foreach (string dealer in run.Round.Participants)
            {
                (byte[] seed, byte[] key) = kept.Of(dealer);
                bool answered = run.Round.Openings.ContainsKey(kept.Holder);
                bool survived = run.Round.Survivors.Contains(dealer);
                Assert.Equal(answered && survived, IsIn(places, seed));
                Assert.Equal(answered && !survived, IsIn(places, key));
            }
        }
    }

    [Fact]
    public void No_log_holds_a_share_or_a_private_key()
    {
        string[] logs = [.. run.Consortium.Logs];
        byte[][] bytes = [.. logs.Select(Encoding.UTF8.GetBytes)];

        Assert.All(logs, log => Assert.DoesNotContain("PRIVATE KEY", log, StringComparison.Ordinal));
        foreach (KeptShares kept in run.Shares)
        {
            foreach ((byte[] seed, byte[] key) in run.Round.Participants.Select(kept.Of))
            {
                Assert.False(IsIn(bytes, seed) || IsIn(bytes, key));
            }
        }

        // The same search finds a share where it is written in any of the three ways.
        (byte[] planted, _) = run.Shares[0].Of(Victims[0]);
        Assert.True(IsIn([planted], planted));
        Assert.True(IsIn([Encoding.ASCII.GetBytes(Convert.ToHexString(planted))], planted));
        Assert.True(IsIn([Encoding.ASCII.GetBytes(Convert.ToBase64String(planted))], planted));
    }

    [Fact]
    public void The_living_keep_no_secret_of_a_study_that_is_over() =>
        Assert.All(run.Consortium.Hospitals, hospital => Assert.Empty(run.Consortium.SecretsOf(hospital)));

    private static int NumberOf(JsonElement sum) => sum.GetProperty("round").GetInt32();

    // As bytes, as hex of either case, and as base64 that begins with it.
    private static bool IsIn(IEnumerable<byte[]> places, byte[] secret)
    {
        byte[][] spellings =
        [
            secret,
            Encoding.ASCII.GetBytes(Convert.ToHexString(secret)),
            Encoding.ASCII.GetBytes(Convert.ToHexStringLower(secret)),
            Encoding.ASCII.GetBytes(Convert.ToBase64String(secret)[..40]),
        ];
        return places.Any(place => spellings.Any(spelling => place.AsSpan().IndexOf(spelling) >= 0));
    }

    /// <summary>One run, shared by the tests that read what it left.</summary>
    public sealed class Run : IDisposable
    {
        private const string FirstName = "one-restarted";
        private const string Name = "two-killed";

        public Run()
        {
            Consortium = ProcessConsortium.Start();
            try
            {
                FirstLaunch = KillAndRestart();
                Consortium.WaitUntilNobodyKeepsSecrets();
                (Launch, Duration) = KillBoth();
                Consortium.WaitUntilNobodyKeepsSecrets();
                Consortium.Stop();
                WatchedLedger ledger = new(Consortium.Coordinator);
                FirstStudy = ledger.Study(FirstName)!;
                Study = ledger.Study(Name)!;
                Ledger = Consortium.CopyOfLedger();
            }
            catch
            {
                Consortium.Dispose();
                throw;
            }
        }

        internal ProcessConsortium Consortium { get; }

        internal Answer FirstLaunch { get; }

        internal StudyState FirstStudy { get; }

        internal Answer Launch { get; }

        internal TimeSpan Duration { get; }

        internal StudyState Study { get; }

        internal RoundState Round => Study.Rounds.Single(round => round.Number == KillRound);

        /// <summary>What each hospital kept when all had committed, in the order of the round.</summary>
        internal IReadOnlyList<KeptShares> Shares { get; private set; } = [];

        internal string Ledger { get; }

        internal IEnumerable<byte[]> CoordinatorFiles => Directory
            .EnumerateFiles(Consortium.Coordinator.Root, "*", SearchOption.AllDirectories)
            .Select(File.ReadAllBytes);

        public void Dispose() => Consortium.Dispose();

        private Answer KillAndRestart()
        {
            WatchedLedger ledger = new(Consortium.Coordinator);
            using RunningDtwin launch = Consortium.Launch(StudyYaml.Newton(FirstName));
            launch.WaitUntil(
                () => ledger.Committed(FirstName, KillRound, Returning), "its commitment", ProcessConsortium.Patience);
            Consortium.Kill(Returning);
            Assert.NotEmpty(Consortium.SecretsOf(Returning));
            Consortium.Restart(Returning);
            return launch.Finish(ProcessConsortium.Patience);
        }

        private (Answer Launch, TimeSpan Duration) KillBoth()
        {
            WatchedLedger ledger = new(Consortium.Coordinator);
            long start = TimeProvider.System.GetTimestamp();
            using RunningDtwin launch = Consortium.Launch(StudyYaml.Newton(Name));
            launch.WaitUntil(
                () => ledger.Committed(Name, KillRound, Victims), "the commitment of both", ProcessConsortium.Patience);
            Consortium.Kill(Victims);
            launch.WaitUntil(
                () => ledger.Committed(Name, KillRound, [.. Consortium.Hospitals, .. Victims]),
                "the commitment of all",
                ProcessConsortium.Patience);
            StudyState study = ledger.Study(Name)!;
            Shares =
            [
                .. study.Rounds.Single(round => round.Number == KillRound).Participants.Select(
                    holder => KeptShares.Read(Consortium, study, KillRound, holder)),
            ];
            Answer answer = launch.Finish(ProcessConsortium.Patience);
            return (answer, TimeProvider.System.GetElapsedTime(start));
        }
    }
}
