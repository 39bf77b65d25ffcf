using DigitalTwin.HospitalNode.Gossip;
using DigitalTwin.TestKit;

namespace DigitalTwin.HospitalNode.Tests.Gossip;

// Goal: a node compares with the hospitals its operator named, or says what is wrong with the list. Method: the file in
// its right form and in wrong ones.
public sealed class PeerListTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void No_file_means_no_peers()
    {
        Assert.Empty(PeerList.Load(_folder["peers.json"]));
    }

    [Fact]
    public void Addresses_are_bases_with_or_without_a_slash()
    {
        File.WriteAllText(
            _folder["peers.json"],
            """{"north": "https://north.example/logs", "south": "http://south.example:8080/"}""");

        Assert.Equal(
            [
                new Peer("north", new Uri("https://north.example/logs/")),
                new Peer("south", new Uri("http://south.example:8080/")),
            ],
            PeerList.Load(_folder["peers.json"]));
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("[]")]
    [InlineData("""{"north": 1}""")]
    [InlineData("""{"north": "north.example"}""")]
    [InlineData("""{"north": "file:///etc/passwd"}""")]
    public void A_malformed_list_is_refused(string json)
    {
        File.WriteAllText(_folder["peers.json"], json);

        Assert.Throws<NodeException>(() => PeerList.Load(_folder["peers.json"]));
    }
}
