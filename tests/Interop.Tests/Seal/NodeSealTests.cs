using System.Text.Json;
using System.Text.Json.Nodes;
using DigitalTwin.Privacy.HomomorphicEncryption;
using DigitalTwin.Privacy.HomomorphicEncryption.Seal;

namespace DigitalTwin.Interop.Tests.Seal;

// Goal: Microsoft SEAL reads what we write and we read what it writes, keys, ciphertexts and sums, in both directions.
// Method: node-seal generates, encrypts, adds and decrypts in its own process; messages fill every coefficient.
public sealed class NodeSealTests(NodeSeal peer)
{
    // 46 + 44 bits of data modulus and a special prime of 16 bits: 106, the line of 2024 at this degree. The plain
    // modulus is the largest prime of 44 bits that node-seal can batch with and that is none of the others.
    private const int Degree = 4096;
    private static readonly ulong[] Primes = [70368743669761, 17592186028033, 40961];
    private static readonly SealParameters Parameters = SealParameters.Create(
        SealScheme.Bfv,
        Degree,
        Primes,
        Modulus.LargestPrimes(44, Degree, 2).First(prime => !Primes.Contains(prime)));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("none")]
    [InlineData("zlib")]
    public async Task We_encrypt_under_their_key_and_they_open_the_sum(string compression)
    {
        await peer.SkipUnlessInstalledAsync(Token);
        JsonElement keys = await peer.CallAsync(Request("keys", compression), Token);

        // The full key for one addend, the seeded one for the other: they are keys of one secret.
        SealCiphertext first = SealBfv.Encrypt(
            SealPublicKey.Parse(Parameters, Bytes(keys, "publicKey")), Message(1));
        SealPublicKey seeded = SealPublicKey.Parse(Parameters, Bytes(keys, "seededPublicKey"));
        SealCiphertext second = SealBfv.Encrypt(seeded, Message(2));
        JsonObject request = Request("decrypt", compression);
        request["secretKey"] = keys.GetProperty("secretKey").GetString();
        request["ciphertexts"] = Array(first, second, first.Plus(second));
        JsonElement opened = await peer.CallAsync(request, Token);

        Assert.True(seeded.IsSeeded);
        SealPlaintext[] plaintexts = [.. All(opened, "plaintexts")
            .Select(bytes => SealPlaintext.Parse(Parameters, bytes))];
        Assert.Equal(Coefficients(1), plaintexts[0].Words.ToArray());
        Assert.Equal(Coefficients(2), plaintexts[1].Words.ToArray());
        Assert.Equal(SumOf(1, 2), plaintexts[2].Words.ToArray());
    }

    [Theory]
    [InlineData("none")]
    [InlineData("zlib")]
    public async Task They_encrypt_under_our_key_and_we_open_their_sum(string compression)
    {
        await peer.SkipUnlessInstalledAsync(Token);
        (SealSecretKey secret, SealPublicKey key) = SealSecretKey.Generate(Parameters);
        using (secret)
        {
            JsonElement encrypted = await peer.CallAsync(Encryption(key, compression, 1, 2, 3), Token);

            SealCiphertext[] ciphertexts = Ciphertexts(encrypted);
            Assert.Equal(Coefficients(1), SealBfv.Decrypt(secret, ciphertexts[0]).Words.ToArray());
            Assert.Equal(Coefficients(3), SealBfv.Decrypt(secret, ciphertexts[2]).Words.ToArray());
            SealCiphertext ours = ciphertexts[0].Plus(ciphertexts[1]).Plus(ciphertexts[2]);
            SealCiphertext theirs = SealCiphertext.Parse(Parameters, Bytes(encrypted, "sum"));
            Assert.Equal(theirs.ToBytes(), ours.ToBytes());
            Assert.Equal(SumOf(1, 2, 3), SealBfv.Decrypt(secret, theirs).Words.ToArray());
        }
    }

    [Fact]
    public async Task Five_parties_open_what_they_encrypt_and_add_under_the_collective_key()
    {
        await peer.SkipUnlessInstalledAsync(Token);
        SealSeed common = SealSeed.Fresh();
        SealParty[] parties = [.. Enumerable.Range(0, 5)
            .Select(_ => SealParty.Create(Parameters, common, parties: 5, addends: 3))];
        try
        {
            SealPublicKey collective = SealParty.CollectiveKey(Parameters, common, parties);
            JsonElement encrypted = await peer.CallAsync(Encryption(collective, "zlib", 1, 2, 3), Token);
            SealCiphertext sum = SealCiphertext.Parse(Parameters, Bytes(encrypted, "sum"));

            ulong[][] partials = [.. parties.Select(party => party.PartiallyDecrypt(sum))];

            Assert.Equal(SumOf(1, 2, 3), SealParty.Combine(sum, partials).Words.ToArray());
            Assert.Throws<DecryptionException>(() => SealParty.Combine(sum, partials[1..]));
        }
        finally
        {
            foreach (SealParty party in parties)
            {
                party.Dispose();
            }
        }
    }

    [Fact]
    public async Task Their_seeded_ciphertexts_open_with_our_secret_key()
    {
        await peer.SkipUnlessInstalledAsync(Token);
        (SealSecretKey secret, _) = SealSecretKey.Generate(Parameters);
        using (secret)
        {
            JsonObject request = Request("encryptSeeded", "zlib");
            request["secretKey"] = Convert.ToBase64String(secret.Export());
            request["plaintexts"] = new JsonArray(Convert.ToBase64String(Message(4).ToBytes()));

            SealCiphertext ciphertext = Ciphertexts(await peer.CallAsync(request, Token)).Single();

            Assert.True(ciphertext.IsSeeded);
            Assert.Equal(Coefficients(4), SealBfv.Decrypt(secret, ciphertext).Words.ToArray());
        }
    }

    [Fact]
    public async Task They_read_the_version_that_we_write_and_refuse_the_next()
    {
        await peer.SkipUnlessInstalledAsync(Token);
        (SealSecretKey secret, SealPublicKey key) = SealSecretKey.Generate(Parameters);
        secret.Dispose();
        SealCiphertext ciphertext = SealBfv.Encrypt(key, Message(1));
        JsonObject request = Request("accepts", "none");
        request["ciphertexts"] = new JsonArray([.. new SealEncoding[]
        {
            SealEncoding.Default,
            SealEncoding.Zlib,
            new(3, 7, SealCompression.None),
            SealEncoding.Default with { Minor = 2 },
        }.Select(encoding => JsonValue.Create(Convert.ToBase64String(ciphertext.ToBytes(encoding))))]);

        JsonElement answer = await peer.CallAsync(request, Token);

        Assert.Equal(
            [true, true, true, false],
            answer.GetProperty("accepted").EnumerateArray().Select(accepted => accepted.GetBoolean()));
    }

    private static JsonObject Request(string operation, string compression) => new()
    {
        ["operation"] = operation,
        ["compression"] = compression,
        ["parameters"] = Convert.ToBase64String(Parameters.ToBytes()),
    };

    private static JsonObject Encryption(SealPublicKey key, string compression, params int[] messages)
    {
        JsonObject request = Request("encrypt", compression);
        request["publicKey"] = Convert.ToBase64String(
            key.ToBytes(compression == "zlib" ? SealEncoding.Zlib : SealEncoding.Default));
        request["plaintexts"] = new JsonArray(
            [.. messages.Select(message => JsonValue.Create(Convert.ToBase64String(Message(message).ToBytes())))]);
        return request;
    }

    private static JsonArray Array(params SealCiphertext[] ciphertexts) => new(
        [.. ciphertexts.Select(ciphertext => JsonValue.Create(Convert.ToBase64String(ciphertext.ToBytes())))]);

    private static SealCiphertext[] Ciphertexts(JsonElement answer)
        => [.. All(answer, "ciphertexts").Select(bytes => SealCiphertext.Parse(Parameters, bytes))];

    private static IEnumerable<byte[]> All(JsonElement answer, string name)
        => answer.GetProperty(name).EnumerateArray().Select(text => text.GetBytesFromBase64());

    private static byte[] Bytes(JsonElement answer, string name) => answer.GetProperty(name).GetBytesFromBase64();

    private static SealPlaintext Message(int index) => SealPlaintext.Of(Parameters, Coefficients(index));

    /// <summary>Coefficients all over the range modulo t; the last is not zero, so that none is cut off.</summary>
    private static ulong[] Coefficients(int index) =>
        [.. Enumerable.Range(1, Degree).Select(
            i => unchecked((ulong)(i * index) * 0x9E3779B97F4A7C15) % Parameters.PlainModulus)];

    private static ulong[] SumOf(params int[] indices) =>
        [.. Enumerable.Range(0, Degree).Select(i => indices
            .Select(index => Coefficients(index)[i])
            .Aggregate((sum, addend) => (sum + addend) % Parameters.PlainModulus))];
}
