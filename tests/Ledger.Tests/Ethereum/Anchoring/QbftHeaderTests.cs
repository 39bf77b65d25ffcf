using System.Text.Json;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Ethereum.Anchoring;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Nodes;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Ledger.Tests.Ethereum.Anchoring;

// Goal: a block counts when two thirds of the validators that we trust sealed it. Method: the extra data of Besu's
// documentation; and a header that four keys of the test seal, one change at a time. No header of a running Besu was
// at hand, so that the hash is Besu's rests on its documentation.
public sealed class QbftHeaderTests : IDisposable
{
    // Besu documentation, "Configure QBFT consensus", genesis file: four validators, no vote, round 0, no seals.
    private const string Documented =
        "0xf87aa00000000000000000000000000000000000000000000000000000000000000000f8549464a702e6263b7297a96638cac6ae65e6"
        + "541f4169943923390ad55e90c237593b3b0e401f3b08a0318594aefdb9a738c9f433e5b6b212a6d62f6370c2f69294c7eeb9a4e00ce6"
        + "83cf93039b212648e01c6c6b78c080c0";

    private readonly EthereumKey[] _keys = [.. Enumerable.Range(0, 4).Select(_ => EthereumKey.Generate())];

    private EthereumAddress[] Validators => [.. _keys.Select(key => key.Address)];

    [Fact]
    public void The_documented_extra_data_is_read_and_written()
    {
        QbftExtraData extraData = QbftExtraData.Parse(Hex.ToBytes(Documented));

        Assert.Equal(
            [
                "0x64a702e6263b7297a96638cac6ae65e6541f4169", "0x3923390ad55e90c237593b3b0e401f3b08a03185",
                "0xaefdb9a738c9f433e5b6b212a6d62f6370c2f692", "0xc7eeb9a4e00ce683cf93039b212648e01c6c6b78",
            ],
            extraData.Validators.Select(one => Hex.OfBytes(one.ToArray())));
        Assert.Empty(extraData.Seals);
        Assert.Equal(Documented, Hex.OfBytes(extraData.Encode()));
        Assert.Equal(Documented, Hex.OfBytes(extraData.EncodeForHash()));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(4)]
    public void A_block_with_the_seals_of_two_thirds_holds(int seals)
    {
        (JsonElement block, string hash) = Sealed(_keys[..seals]);

        QbftHeader.Parse(block).RequireSeals(hash, Validators);
    }

    [Fact]
    public void Two_seals_of_four_are_too_few()
    {
        (JsonElement block, string hash) = Sealed(_keys[..2]);

        Assert.Throws<ChainDistrustException>(() => QbftHeader.Parse(block).RequireSeals(hash, Validators));
    }

    [Fact]
    public void One_validator_that_seals_three_times_counts_once()
    {
        (JsonElement block, string hash) = Sealed([_keys[0], _keys[0], _keys[0]]);

        Assert.Throws<ChainDistrustException>(() => QbftHeader.Parse(block).RequireSeals(hash, Validators));
    }

    [Fact]
    public void Strangers_may_seal_what_they_like()
    {
        EthereumKey[] strangers = [.. Enumerable.Range(0, 4).Select(_ => EthereumKey.Generate())];
        (JsonElement block, string hash) = Sealed(strangers);

        Assert.Throws<ChainDistrustException>(() => QbftHeader.Parse(block).RequireSeals(hash, Validators));
    }

    [Theory]
    [InlineData("stateRoot")]
    [InlineData("receiptsRoot")]
    [InlineData("parentHash")]
    [InlineData("number")]
    [InlineData("timestamp")]
    [InlineData("baseFeePerGas")]
    public void A_changed_field_breaks_the_hash(string field)
    {
        (JsonElement block, string hash) = Sealed(_keys);
        JsonObject changed = JsonNode.Parse(block.GetRawText())!.AsObject();
        string text = changed[field]!.GetValue<string>();
        changed[field] = text[..^1] + (text[^1] == '1' ? '2' : '1');

        Assert.Throws<ChainDistrustException>(() =>
            QbftHeader.Parse(JsonElement.Parse(changed.ToJsonString())).RequireSeals(hash, Validators));
    }

    [Fact]
    public void The_round_is_sealed_and_not_part_of_the_hash()
    {
        (JsonElement first, string hashOfFirst) = Sealed(_keys, round: 0);
        (JsonElement second, string hashOfSecond) = Sealed(_keys, round: 2);

        Assert.Equal(hashOfFirst, hashOfSecond);
        Assert.NotEqual(QbftHeader.Parse(first).SealHash(), QbftHeader.Parse(second).SealHash());
    }

    public void Dispose()
    {
        foreach (EthereumKey key in _keys)
        {
            key.Dispose();
        }
    }

    private (JsonElement Block, string Hash) Sealed(EthereumKey[] signers, int round = 1)
    {
        QbftExtraData unsealed =
            new(new byte[32], Validators, RlpItem.List(), RlpItem.Of(round), []);
        QbftHeader header = QbftHeader.Parse(Block(unsealed));
        QbftExtraData with = unsealed with
        {
            Seals = [.. signers.Select(signer => SealOf(signer.Sign(header.SealHash())))],
        };
        return (Block(with), header.Hash());
    }

    private static byte[] SealOf(EthereumSignature signature) =>
        [.. Abi.WordOf(signature.R), .. Abi.WordOf(signature.S), signature.IsOdd ? (byte)1 : (byte)0];

    private static JsonElement Block(QbftExtraData extraData)
    {
        JsonObject block = new() { ["hash"] = Hash(9), ["extraData"] = Hex.OfBytes(extraData.Encode()) };
        foreach ((string name, int digit) in new[]
        {
            ("parentHash", 1), ("sha3Uncles", 2), ("stateRoot", 3), ("transactionsRoot", 4), ("receiptsRoot", 5),
            ("mixHash", 6),
        })
        {
            block[name] = Hash(digit);
        }

        block["miner"] = "0x" + new string('0', 40);
        block["logsBloom"] = "0x" + new string('0', 512);
        block["nonce"] = "0x0000000000000000";
        block["difficulty"] = "0x1";
        block["number"] = "0x2a";
        block["gasLimit"] = "0xf7b760";
        block["gasUsed"] = "0xf731";
        block["timestamp"] = "0x65c0f0aa";
        block["baseFeePerGas"] = "0x0";
        return JsonElement.Parse(block.ToJsonString());
    }

    private static string Hash(int digit) => "0x" + new string((char)('0' + digit), 64);
}
