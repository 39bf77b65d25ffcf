using System.Security.Cryptography;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Ledger.Tests.Ethereum.Transactions;

// Goal: a key lies on the disk for its owner alone, and names the account that everybody derives from it.
public sealed class EthereumKeyTests
{
    [Theory]
    [InlineData(null)]
    [InlineData("correct horse battery staple")]
    public void A_saved_key_is_its_owners_alone_and_comes_back(string? passphrase)
    {
        using TemporaryFolder folder = new();
        string path = folder["key.pem"];
        using EthereumKey key = EthereumKey.Generate();
        key.Save(path, passphrase);

        using EthereumKey loaded = EthereumKey.Load(path, passphrase);

        Assert.Equal(key.Address, loaded.Address);
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
        }

        Assert.Equal(passphrase is null, File.ReadAllText(path).Contains("BEGIN PRIVATE KEY"));
        Assert.Throws<IOException>(() => key.Save(path, passphrase));
        Assert.ThrowsAny<CryptographicException>(() => EthereumKey.Load(path, passphrase is null ? "any" : null));
        Assert.ThrowsAny<CryptographicException>(() => EthereumKey.Load(path, "wrong"));
    }

    [Fact]
    public void A_key_of_another_curve_is_refused()
    {
        using TemporaryFolder folder = new();
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        File.WriteAllText(folder["key.pem"], other.ExportPkcs8PrivateKeyPem());

        Assert.ThrowsAny<CryptographicException>(() => EthereumKey.Load(folder["key.pem"], null));
    }

    [Fact]
    public void A_number_outside_the_curve_is_no_key()
    {
        byte[] order = Secp256k1.Order.ToByteArray(isUnsigned: true, isBigEndian: true);

        Assert.Throws<CryptographicException>(() => EthereumKey.FromBytes(new byte[32]));
        Assert.Throws<CryptographicException>(() => EthereumKey.FromBytes(order));
        Assert.Throws<CryptographicException>(() => EthereumKey.FromBytes(new byte[31]));
    }

    // EIP-55, "Test Cases".
    [Theory]
    [InlineData("0x52908400098527886E0F7030069857D2E4169EE7")]
    [InlineData("0xde709f2102306220921060314715629080e2fb77")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    [InlineData("0xD1220A0cf47c7B9Be7A2E6BA89F429762e7b9aDb")]
    public void An_address_carries_the_checksum_of_eip_55(string text)
    {
        Assert.Equal(text, EthereumAddress.Parse(text.ToLowerInvariant()).ToString());
        Assert.Equal(text, EthereumAddress.Parse(text).ToString());
    }

    [Theory]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD")]
    [InlineData("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeA")]
    [InlineData("5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed")]
    public void A_mistyped_address_is_refused(string text) =>
        Assert.Throws<FormatException>(() => EthereumAddress.Parse(text));
}
