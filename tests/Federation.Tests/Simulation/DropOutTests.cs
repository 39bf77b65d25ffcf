using System.Globalization;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Models;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: whoever is lost after the keys stood, the sum of the others is exact to the bit. Method: whole consortia of up
// to 128 hospitals whose members vanish in any phase; each opened sum is compared with the sum of the statistics in
// clear, recomputed from the survivors' rows.
public sealed class DropOutTests
{
    private static readonly RoundPhase[] Phases =
        [RoundPhase.Sharing, RoundPhase.Committing, RoundPhase.Uploading, RoundPhase.Opening];

    [Theory]
    [InlineData(4, 1)]
    [InlineData(5, 1)]
    [InlineData(6, 1)]
    [InlineData(7, 2)]
    [InlineData(16, 5)]
    public async Task As_many_as_the_quorum_spares_may_be_lost_in_any_phases(int hospitals, int lost)
    {
        for (int shift = 0; shift < Phases.Length; shift++)
        {
            int first = shift;
            await AssertExact(hospitals, place => place < lost ? Phases[(first + place) % Phases.Length] : null);
        }
    }

    [Fact]
    public async Task Thirty_percent_of_128_hospitals_may_be_lost()
    {
        // 38 of 128: ten while they share, ten while they commit, nine while they upload, nine when the sum is opened.
        StudyState study = await AssertExact(128, place => place < 38 ? Phases[place % Phases.Length] : null);

        RoundState round = study.Rounds[0];
        Assert.Equal(128, round.Participants.Count);
        Assert.Equal(99, round.Survivors.Count);
        Assert.Equal(90, round.Outcome!.Openings.Count);
    }

    private static async Task<StudyState> AssertExact(int hospitals, Func<int, RoundPhase?> lostIn)
    {
        HospitalPlan[] plans = Many(hospitals);
        Dictionary<string, RoundPhase?> lost = plans
            .Select((plan, place) => (plan.Name, Phase: lostIn(place)))
            .ToDictionary(pair => pair.Name, pair => pair.Phase, StringComparer.Ordinal);
        SimulatedConsortium consortium = new(Sites.Contract, plans)
        {
            Faults = new SimulatedFaults
            {
                // From its phase in the first round on it never comes back.
                IsAway = (site, study) => lost[site] is { } phase
                    && study.Current is { } round && (round.Number > 1 || round.Phase >= phase),
            },
        };

        StudyState study = await consortium.RunAsync(
            StudyText.Study("{ kind: gradient, rounds: 1 }"),
            state => state.Closing is not null || state.LatestModel is not null,
            TestContext.Current.CancellationToken);

        RoundState first = study.Rounds[0];
        Assert.Equal(RoundPhase.Final, first.Phase);
        Assert.Equal(
            plans.Select(plan => plan.Name).Where(name => lost[name] is null or RoundPhase.Opening).Order(),
            first.Survivors.Order());
        ulong[] sum = new ulong[first.Words];
        foreach (string site in first.Survivors)
        {
            AddendSum.Add(sum, ClearStatistics.Of(consortium, consortium[site], study, first));
        }

        Assert.Equal(SlotCodec.Pack(sum, first.Terms.SlotBits), consortium.Artefacts.Get(first.Outcome!.Sum));
        return study;
    }

    // Small hospitals of five patients each, cut from the invented ones.
    private static HospitalPlan[] Many(int hospitals)
    {
        SiteData north = Sites.Synthetic()[0].Data;
        return
        [
            .. Enumerable.Range(0, hospitals).Select(place => new HospitalPlan(
                string.Create(CultureInfo.InvariantCulture, $"h{place:000}"),
                north with { Train = Rows(north.Train, place), Test = Rows(north.Test, place) })),
        ];
    }

    private static Table Rows(Table table, int place)
    {
        const int Rows = 5;
        int[] rows = [.. Enumerable.Range(0, Rows).Select(row => ((place * Rows) + row) % table.Rows)];
        return new Table(
            table.Columns,
            [.. rows.SelectMany(row => table.Row(row).ToArray())],
            [.. rows.Select(table.Label)]);
    }
}
