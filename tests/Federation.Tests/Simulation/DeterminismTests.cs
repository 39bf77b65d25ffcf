using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Models;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: a hospital can replay what it sent, and its update depends on its own rows alone. Method: digests of the clear
// updates in the journals of two runs, one of them with a single patient changed.
public sealed class DeterminismTests
{
    public static TheoryData<string, string> Studies => new()
    {
        { "{ kind: newton }", StudyText.WithoutPrivacy },
        { "{ kind: gradient, rounds: 3 }", StudyText.EpsilonOne },
        { "{ kind: fedavg, rounds: 3 }", StudyText.WithoutPrivacy },
    };

    [Theory]
    [MemberData(nameof(Studies))]
    public async Task Acceptance_c_two_runs_with_one_seed_give_equal_clear_digests_and_models(
        string algorithm, string privacy)
    {
        (StudyState firstStudy, SimulatedConsortium first) = await Run(Sites.Synthetic(), algorithm, privacy);
        (StudyState secondStudy, SimulatedConsortium second) = await Run(Sites.Synthetic(), algorithm, privacy);

        Assert.All(first.Hospitals.Zip(second.Hospitals), pair =>
            Assert.Equal(Digests(pair.First.Journal), Digests(pair.Second.Journal)));
        Assert.Equal(firstStudy.LatestModel, secondStudy.LatestModel);

        // Round keys are fresh all the same: no masked addend comes twice.
        Assert.Empty(first.Hospitals[0].Journal.Entries.Select(entry => entry.Addend)
            .Intersect(second.Hospitals[0].Journal.Entries.Select(entry => entry.Addend)));
    }

    [Theory]
    [MemberData(nameof(Studies))]
    public async Task Acceptance_c_one_changed_row_changes_only_its_hospitals_digest_in_round_one(
        string algorithm, string privacy)
    {
        HospitalPlan[] plans = Sites.Synthetic();
        HospitalPlan[] changed = [.. plans];
        changed[2] = Sites.WithTrain(plans[2], WithOlderPatient(plans[2].Data.Train));

        (_, SimulatedConsortium before) = await Run(plans, algorithm, privacy);
        (_, SimulatedConsortium after) = await Run(changed, algorithm, privacy);

        Assert.Equal(
            [true, true, false, true],
            before.Hospitals.Zip(after.Hospitals).Select(pair =>
                pair.First.Journal.Entries[0].ClearDigest == pair.Second.Journal.Entries[0].ClearDigest));
    }

    [Fact]
    public async Task Another_seed_gives_other_noise()
    {
        (_, SimulatedConsortium first) = await Run(
            Sites.Synthetic(), "{ kind: gradient, rounds: 1 }", StudyText.EpsilonOne);
        (_, SimulatedConsortium second) = await Run(
            Sites.Synthetic(), "{ kind: gradient, rounds: 1 }", StudyText.EpsilonOne, seed: 2);

        Assert.All(first.Hospitals.Zip(second.Hospitals), pair => Assert.NotEqual(
            pair.First.Journal.Entries[0].ClearDigest, pair.Second.Journal.Entries[0].ClearDigest));
    }

    private static string[] Digests(SpendingJournal journal) => [.. journal.Entries.Select(entry => entry.ClearDigest)];

    private static async Task<(StudyState Study, SimulatedConsortium Consortium)> Run(
        HospitalPlan[] plans, string algorithm, string privacy, ulong seed = 1)
    {
        SimulatedConsortium consortium = new(Sites.Contract, plans, seed);
        StudyState study = await consortium.RunAsync(
            StudyText.Study(algorithm, privacy), TestContext.Current.CancellationToken);
        return (study, consortium);
    }

    // The first column is the age in years.
    private static Table WithOlderPatient(Table table)
    {
        double[] features = new double[table.Rows * table.Columns];
        for (int row = 0; row < table.Rows; row++)
        {
            table.Row(row).CopyTo(features.AsSpan(row * table.Columns));
        }

        features[0] += 1;
        return new Table(table.Columns, features, table.Labels.ToArray());
    }
}
