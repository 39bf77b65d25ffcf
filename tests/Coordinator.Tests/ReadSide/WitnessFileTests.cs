using DigitalTwin.Coordinator.ReadSide;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.TestKit;

namespace DigitalTwin.Coordinator.Tests.ReadSide;

// Goal: the coordinator asks the witnesses its operator named, or does not start. Method: the file in its right form
// and in wrong ones.
public sealed class WitnessFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Ed25519Key _key = Ed25519Key.Generate();

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Witnesses_are_read_with_their_addresses()
    {
        Assert.Empty(WitnessFile.Load(_folder["absent.json"]));

        (Uri url, NoteVerifierKey key) = Assert.Single(Load("[{\"url\": \"http://w.example/\", \"vkey\": \"VKEY\"}]"));

        Assert.Equal(new Uri("http://w.example/"), url);
        Assert.Equal(NoteVerifierKey.Witness("w.example/1", _key.PublicKey), key);
    }

    [Theory]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("[null]")]
    [InlineData("[{\"url\": \"http://w.example/\"}]")]
    [InlineData("[{\"url\": \"http://w.example/\", \"vkey\": \"w\"}]")]
    [InlineData("[{\"url\": \"w.example\", \"vkey\": \"VKEY\"}]")]
    [InlineData("[{\"url\": \"file:///etc/passwd\", \"vkey\": \"VKEY\"}]")]
    [InlineData("[{\"url\": \"http://w.example/\", \"vkey\": \"LOG\"}]")]
    [InlineData("[{\"url\": \"http://w.example/\", \"vkey\": \"VKEY\", \"weight\": 2}]")]
    public void A_malformed_list_is_refused(string json)
    {
        Assert.Throws<CoordinatorException>(() => Load(json));
    }

    private IReadOnlyList<(Uri Url, NoteVerifierKey Key)> Load(string json)
    {
        File.WriteAllText(_folder["witnesses.json"], json
            .Replace("VKEY", NoteVerifierKey.Witness("w.example/1", _key.PublicKey).ToString())
            .Replace("LOG", NoteVerifierKey.Log("w.example/1", _key.PublicKey).ToString()));
        return WitnessFile.Load(_folder["witnesses.json"]);
    }
}
