using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Federation.Tests.Participation;

// Goal: a node checks for itself and takes no step that its own rules forbid. Method: a node inside a consortium, with
// one thing about its surroundings or its policy that does not fit. Rounds that lie are in HostileCoordinatorTests.
public sealed class ParticipantTests
{
    private const string Quick = "{ kind: newton, rounds: 2 }";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_does_not_commit_or_upload_before_a_quorum_has_cosigned_the_round()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        SimulatedHospital north = consortium["north"];
        string name = consortium.Propose(StudyText.Study(Quick));
        await StepTo(consortium, name, RoundPhase.Committing);
        StudyState study = north.Studies.Find(name)!;
        HashSet<string> enrolled = [.. consortium.Hospitals.Select(hospital => hospital.Name)];

        Assert.False(await north.Participant.AdvanceAsync(
            study, new Surroundings(enrolled, study.Current!.PhaseIndex), approved: true, Token));
        Assert.Empty(north.Journal.Entries);
        Assert.True(await north.Participant.AdvanceAsync(
            study, new Surroundings(enrolled, study.Current.PhaseIndex + 1), approved: true, Token));
        Assert.False(Assert.Single(north.Journal.Entries).Uploaded);
    }

    [Fact]
    public async Task A_peer_that_is_no_longer_enrolled_makes_a_node_decline_the_round()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        SimulatedHospital north = consortium["north"];
        string name = consortium.Propose(StudyText.Study(Quick));
        consortium.Faults = new SimulatedFaults
        {
            IsAway = (site, study) => site == "north" && study.Current is not null,
        };
        await StepTo(consortium, name, RoundPhase.Joining);

        Assert.True(await north.Participant.AdvanceAsync(
            north.Studies.Find(name)!,
            new Surroundings(new HashSet<string> { "north", "east", "south" }, 100),
            approved: true,
            Token));

        Assert.StartsWith(
            "cohort: west is not an enrolled hospital",
            consortium.Find(name).Current!.Declined["north"],
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Where_a_person_must_approve_a_node_waits_for_it()
    {
        NodePolicy policy = NodePolicy.Parse(
            "p.yaml", PolicyText.Open.Replace("automatic", "person", StringComparison.Ordinal));
        HospitalPlan[] plans = Sites.Synthetic();
        SimulatedConsortium consortium = new(Sites.Contract, [plans[0] with { Policy = policy }, .. plans[1..]]);
        SimulatedHospital north = consortium["north"];
        string name = consortium.Propose(StudyText.Study(Quick));
        Surroundings around = new(new HashSet<string>(), 0);

        Assert.False(await north.Participant.AdvanceAsync(north.Studies.Find(name)!, around, approved: false, Token));
        Assert.True(await north.Participant.AdvanceAsync(north.Studies.Find(name)!, around, approved: true, Token));
        Assert.Contains("north", consortium.Find(name).Accepted.Keys);
    }

    [Fact]
    public async Task A_study_on_another_copy_of_the_contract_is_declined()
    {
        HospitalPlan[] plans = Sites.Synthetic();
        HospitalPlan other = plans[3] with { Data = plans[3].Data with { ContractSha256 = new string('0', 64) } };
        SimulatedConsortium consortium = new(Sites.Contract, [.. plans[..3], other]);

        StudyState study = await consortium.RunAsync(StudyText.Study(Quick), Token);

        Assert.StartsWith(
            "contracts: The study's contract heart-disease/v1 differs", study.Declined["west"],
                StringComparison.Ordinal);
        Assert.Equal("complete", study.Closing!.Verdict);
    }

    [Fact]
    public async Task The_budget_of_a_hospital_holds_over_studies_one_after_the_other()
    {
        HospitalPlan[] plans = WithBudget();
        SimulatedConsortium consortium = new(Sites.Contract, plans);

        StudyState first = await consortium.RunAsync(Private("first"), Token);
        StudyState second = await consortium.RunAsync(Private("second"), Token);

        Assert.Equal("complete", first.Closing!.Verdict);
        Assert.StartsWith(
            "privacy.mostEpsilonInTotal: ε = 1 on top of 0.786 spent",
            second.Declined["north"],
            StringComparison.Ordinal);
        Assert.Equal(["east", "south", "west"], second.Participants);
        Assert.InRange(Spent(consortium["north"]), 0.78, 1.5);
    }

    [Fact]
    public async Task The_budget_of_a_hospital_holds_over_studies_that_run_at_the_same_time()
    {
        SimulatedConsortium consortium = new(Sites.Contract, WithBudget());
        string[] names = [consortium.Propose(Private("first")), consortium.Propose(Private("second"))];

        for (int step = 0; step < 400; step++)
        {
            foreach (string name in names)
            {
                await consortium.StepAsync(name, Token);
            }
        }

        Assert.All(names, name => Assert.Contains("north", consortium.Find(name).Accepted.Keys));
        Assert.InRange(Spent(consortium["north"]), 0.1, 1.5);
        Assert.True(Spent(consortium["east"]) > 1.5);
    }

    [Fact]
    public async Task A_node_that_is_handed_other_addends_than_the_ledger_names_attests_nothing()
    {
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic());
        string name = consortium.Propose(StudyText.Study("{ kind: newton }"));
        await StepTo(consortium, name, RoundPhase.Attesting);
        StudyState seen = consortium["west"].Studies.Find(name)!;
        string addend = seen.Current!.Outcome!.Addends["east"];
        consortium.Faults = new SimulatedFaults
        {
            Fetch = (site, artefact) => site == "west" && consortium.Artefacts.Get(addend) == artefact
                ? artefact[..^8]
                : artefact,
        };

        await Assert.ThrowsAsync<InvalidDataException>(() => consortium.StepAsync(name, Token));

        Assert.DoesNotContain("west", consortium.Find(name).Current!.Attestations.Keys);
    }

    private static HospitalPlan[] WithBudget()
    {
        HospitalPlan[] plans = Sites.Synthetic();
        return [plans[0] with { Policy = NodePolicy.Parse("p.yaml", PolicyText.Yaml) }, .. plans[1..]];
    }

    private static Study Private(string name) =>
        StudyText.Study("{ kind: gradient, rounds: 10 }", StudyText.EpsilonOne, name: name);

    private static double Spent(SimulatedHospital hospital) =>
        PrivacySpending.EpsilonBeside(hospital.Journal, except: "");

    private static async Task StepTo(SimulatedConsortium consortium, string study, RoundPhase phase)
    {
        while (consortium.Find(study).Current?.Phase != phase)
        {
            Assert.True(await consortium.StepAsync(study, Token));
        }
    }
}
