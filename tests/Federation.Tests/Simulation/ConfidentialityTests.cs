using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Privacy.Quantisation;

namespace DigitalTwin.Federation.Tests.Simulation;

// Goal: an addend in clear never leaves its node. Method: every byte that a node sends is recorded and searched for
// each
// clear word as 8 little-endian bytes and as hex text, and for the whole vector; the same search must find the masked
// words, and the clear ones where they are planted. 64-bit words are met by chance with probability below 2^-40.
public sealed class ConfidentialityTests
{
    [Theory]
    [InlineData("{ kind: newton }", StudyText.WithoutPrivacy)]
    [InlineData("{ kind: fedavg, rounds: 3 }", StudyText.WithoutPrivacy)]
    [InlineData("{ kind: gradient, rounds: 3 }", StudyText.EpsilonOne)]
    public async Task Acceptance_d_no_clear_word_of_any_addend_leaves_its_node(string algorithm, string privacy)
    {
        List<Departure> departures = [];
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults { Departed = departures.Add },
        };

        StudyState study = await consortium.RunAsync(
            StudyText.Study(algorithm, privacy), TestContext.Current.CancellationToken);

        foreach (SimulatedHospital hospital in consortium.Hospitals)
        {
            byte[][] sent = [.. departures.Where(item => item.Site == hospital.Name).Select(item => item.Bytes)];
            foreach (RoundState round in study.Rounds)
            {
                ulong[] clear = ClearStatistics.Of(consortium, hospital, study, round);
                byte[] vector = WordCodec.ToBytes(clear);

                // These are the words that the node masked: their digest is the one in its journal.
                Assert.Equal(
                    hospital.Journal.Find(study.Name, round.Number, round.Attempt)!.ClearDigest,
                    Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(vector)));
                Assert.Equal(0, Occurrences(sent, vector));
                Assert.All(clear, word => Assert.Equal(0, Occurrences(sent, word)));

                byte[] masked = hospital.Artefacts.Get(round.Outcome!.Addends[hospital.Name])!;
                Assert.True(Occurrences(sent, masked) > 0);
                Assert.All(WordCodec.FromBytes(masked, round.Words), word => Assert.True(Occurrences(sent, word) > 0));
                Assert.All(clear, word => Assert.True(Occurrences([.. sent, vector], word) > 0));
            }
        }
    }

    [Fact]
    public async Task The_search_sees_everything_that_a_node_sends()
    {
        List<Departure> departures = [];
        SimulatedConsortium consortium = new(Sites.Contract, Sites.Synthetic())
        {
            Faults = new SimulatedFaults { Departed = departures.Add },
        };

        await consortium.RunAsync(StudyText.Study(), TestContext.Current.CancellationToken);

        Assert.All(consortium.Hospitals, hospital => Assert.Equal(
            hospital.BytesSent, departures.Where(item => item.Site == hospital.Name).Sum(
                item => (long)item.Bytes.Length)));
        Assert.Equal(
            [
                "fetch", "round-joined", "shares-dealt", "site-evaluated", "study-accepted", "sum-attested",
                "sum-opened", "update-committed", "upload",
            ],
            departures.Select(item => item.What).Distinct().Order(StringComparer.Ordinal));
    }

    private static int Occurrences(IEnumerable<byte[]> sent, ulong word)
    {
        byte[] pattern = BitConverter.GetBytes(word);
        byte[] littleEndian = BitConverter.IsLittleEndian ? pattern : [.. pattern.Reverse()];
        byte[] hex = System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(littleEndian));
        return Occurrences(sent, littleEndian) + Occurrences(sent, hex);
    }

    private static int Occurrences(IEnumerable<byte[]> sent, byte[] pattern) =>
        sent.Count(bytes => bytes.AsSpan().IndexOf(pattern) >= 0);
}
