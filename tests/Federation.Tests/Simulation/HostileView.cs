using System.Text.Json.Nodes;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Privacy.Quantisation;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Tests.Simulation;

/// <summary>What a coordinator that lies shows to whom, and what it could make of what it holds.</summary>
internal static class HostileView
{
    public const string Masks = StudyText.WithoutPrivacy;

    public const string Encrypted = "{ protection: threshold-he, dp: none }";

    /// <summary>Both protections, for theories over the privacy line of a study.</summary>
    public static TheoryData<string> Protections => new(Masks, Encrypted);

    /// <summary>The draft with one field replaced where it has this name; else as it is.</summary>
    public static Draft? Altered(Draft? draft, string name, string field, JsonNode? value)
    {
        if (draft?.Name != name)
        {
            return draft;
        }

        JsonObject fields = (JsonObject)draft.Fields.DeepClone();
        fields[field] = value?.DeepClone();
        return draft with { Fields = fields };
    }

    /// <summary>
    /// The study as a node would know it, had its copy of the ledger been rewritten and had nobody checked it.
    /// </summary>
    /// <param name="alter">Alters the fields of a record in place; false leaves the record out.</param>
    public static StudyState Of(
        SimulatedConsortium consortium, string study, Func<string, JsonObject, bool> alter)
    {
        StudyBook book = new();
        foreach (SimulatedRecord record in consortium.Ledger.Records)
        {
            JsonObject fields = (JsonObject)record.Statement.Predicate.DeepClone();
            if (alter(record.Statement.Name, fields))
            {
                book.Apply(record.Index, new Statement(record.Statement.Name, [], fields));
            }
        }

        return book.Find(study)!;
    }

    /// <summary>Lets a node act on a study as it was shown to it, under a checkpoint over everything.</summary>
    public static Task<bool> AdvanceAsync(
        SimulatedConsortium consortium, string site, StudyState shown, CancellationToken cancellationToken) =>
        AdvanceAsync(consortium, site, shown, long.MaxValue, cancellationToken);

    /// <summary>Lets a node act on a study as it was shown to it.</summary>
    /// <param name="cosigned">Records of the data log that a quorum has cosigned.</param>
    public static Task<bool> AdvanceAsync(
        SimulatedConsortium consortium,
        string site,
        StudyState shown,
        long cosigned,
        CancellationToken cancellationToken)
    {
        HashSet<string> enrolled = [.. consortium.Hospitals.Select(hospital => hospital.Name)];
        return consortium[site].Participant.AdvanceAsync(
            shown, new Surroundings(enrolled, cosigned), approved: true, cancellationToken);
    }

    /// <summary>Runs a study until its round with this number, or a later one, has come to a phase.</summary>
    public static async Task StepToAsync(
        SimulatedConsortium consortium, string study, int round, RoundPhase phase, CancellationToken cancellationToken)
    {
        while (consortium.Find(study).Current is not { } current || current.Number < round || current.Phase < phase)
        {
            Assert.True(
                await consortium.StepAsync(study, cancellationToken),
                $"Waits in round {consortium.Find(study).Current?.Number}, {consortium.Find(study).Current?.Phase}.");
        }

        Assert.Equal((round, phase), (consortium.Find(study).Current!.Number, consortium.Find(study).Current!.Phase));
    }

    /// <summary>An artefact of a hospital with some bytes altered, kept by it and by the coordinator.</summary>
    /// <returns>Its digest, for the hospital to commit to or to announce.</returns>
    public static string Spoilt(
        SimulatedConsortium consortium, string site, string digest, Action<byte[]> alter)
    {
        byte[] bytes = [.. consortium[site].Artefacts.Get(digest)!];
        alter(bytes);
        consortium.Artefacts.Put(bytes);
        return consortium[site].Artefacts.Put(bytes);
    }

    /// <summary>Whose record it is.</summary>
    public static string AuthorOf(JsonObject fields) => fields["actor"]!["id"]!.GetValue<string>();

    /// <summary>A list of texts as a record holds it.</summary>
    public static JsonArray Texts(params string[] texts) => [.. texts.Select(text => (JsonNode)text)];

    /// <summary>No hospital has helped to open a sum of patients, on the ledger or in its own journal.</summary>
    public static void AssertNothingOpened(SimulatedConsortium consortium, StudyState study)
    {
        Assert.All(study.Rounds, round => Assert.Empty(round.Openings));
        Assert.All(consortium.Hospitals, hospital =>
            Assert.DoesNotContain(hospital.Journal.Entries, entry => entry.Opening is not null));
    }

    /// <summary>No addend in any hospital's journal may have left it, but for public keys.</summary>
    public static void AssertNothingUploaded(SimulatedConsortium consortium) => Assert.All(
        consortium.Hospitals,
        hospital => Assert.DoesNotContain(
            hospital.Journal.Entries, entry => entry is { Uploaded: true, Public: false }));

    /// <summary>
    /// Of the masked addends that the coordinator holds, no subset adds up to what its hospitals computed: masks come
    /// off with openings or not at all.
    /// </summary>
    public static void AssertMasked(SimulatedConsortium consortium, StudyState study, RoundState round)
    {
        string[] sites = [.. round.Commitments.Keys.Where(site => Held(consortium, round, site) is not null)];
        Assert.NotEmpty(sites);
        for (int subset = 1; subset < 1 << sites.Length; subset++)
        {
            ulong[] masked = new ulong[round.Words];
            ulong[] clear = new ulong[round.Words];
            foreach (string site in sites.Where((_, place) => (subset >> place & 1) != 0))
            {
                AddendSum.Add(masked, SlotCodec.Unpack(
                    Held(consortium, round, site)!, round.Words, round.Terms.SlotBits));
                AddendSum.Add(clear, ClearStatistics.Of(consortium, consortium[site], study, round));
            }

            // A 64-bit word is met by chance once in 2^64: not one of them may agree.
            Assert.All(masked.Zip(clear), pair => Assert.NotEqual(pair.Second, pair.First));
        }
    }

    private static byte[]? Held(SimulatedConsortium consortium, RoundState round, string site) =>
        consortium.Artefacts.Get(round.Commitments[site]);
}
