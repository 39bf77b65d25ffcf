using DigitalTwin.Ledger.Ethereum.Anchoring;

namespace DigitalTwin.Ledger.Tests.Ethereum.Anchoring;

// Goal: a settings file that says less or other than it should stops the anchor with the field's name.
public sealed class AnchorSettingsTests
{
    private static readonly AnchorSettings Good = new(
        [new Uri("https://node.example/")],
        1337,
        "0x" + new string('1', 64),
        "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed",
        "0x" + new string('2', 64),
        "anchor.key.pem");

    [Fact]
    public void A_file_comes_back_with_its_paths_beside_it()
    {
        using TemporaryFolder folder = new();
        File.WriteAllText(folder["anchor.json"], Good.ToJson());

        AnchorSettings read = AnchorSettings.Load(folder["anchor.json"]);

        Assert.Equal(folder["anchor.key.pem"], read.KeyFile);
        Assert.Equal(Good.ContractAddress, read.ContractAddress);
        Assert.Equal(FeePolicy.Zero, read.Fee);
    }

    [Theory]
    [InlineData("https://node.example/", "ftp://node.example/", "rpc")]
    [InlineData("\"chainId\": 1337", "\"chainId\": 0", "chainId")]
    [InlineData("0x1111", "0x11", "genesisHash")]
    [InlineData("0x2222", "0x22", "codeHash")]
    [InlineData("BeAed", "BeAeD", "checksum")]
    [InlineData("\"confirmations\": 0", "\"confirmations\": -1", "confirmations")]
    [InlineData("\"fee\": \"Zero\"", "\"fee\": \"Fixed\"", "maxFeePerGas")]
    [InlineData("\"chainId\"", "\"chainID\"", "chainID")]
    public void A_wrong_field_is_named(string original, string changed, string name)
    {
        using TemporaryFolder folder = new();
        Assert.Contains(original, Good.ToJson());
        File.WriteAllText(folder["anchor.json"], Good.ToJson().Replace(original, changed));

        FormatException error = Assert.Throws<FormatException>(() => AnchorSettings.Load(folder["anchor.json"]));

        Assert.Contains(name, error.Message);
        Assert.Contains("anchor.json", error.Message);
    }
}
