using System.Globalization;
using System.Numerics;
using System.Text.Json;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Interop.Tests.Ethereum;

// Goal: hashes, encodings, addresses and transactions are those of the Ethereum world. Method: every case of
// @ethersproject/testcases 5.8.0 that concerns what we implement, with the number of cases pinned and printed; a case
// is left out only for the reason that its test names.
public sealed class EthersVectorsTests(EthereumPackages packages)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Keccak_agrees_on_all_hashes()
    {
        await packages.SkipUnlessInstalledAsync(Token);

        Count(516, "hashes", one =>
            Assert.Equal(Text(one, "keccak256"), Hex.OfBytes(Keccak256.HashData(Bytes(one, "data")))));
    }

    [Fact]
    public async Task Rlp_encodes_and_decodes_as_ethers_does()
    {
        await packages.SkipUnlessInstalledAsync(Token);

        Count(61, "rlp-coder", one =>
        {
            RlpItem item = ItemOf(one.GetProperty("decoded"));
            Assert.Equal(Text(one, "encoded"), Hex.OfBytes(item.Encode()));
            Assert.Equal(Text(one, "encoded"), Hex.OfBytes(RlpItem.Decode(Bytes(one, "encoded")).Encode()));
        });
    }

    [Fact]
    public async Task Addresses_carry_the_same_checksum_and_follow_from_the_same_keys()
    {
        await packages.SkipUnlessInstalledAsync(Token);
        int keys = 0;

        Count(1038, "accounts", one =>
        {
            string checksummed = Text(one, "checksumAddress");
            EthereumAddress address = EthereumAddress.Parse(Text(one, "address"));
            Assert.Equal(checksummed, address.ToString());
            Assert.Equal(address, EthereumAddress.Parse(checksummed));
            if (one.TryGetProperty("privateKey", out JsonElement secret))
            {
                using EthereumKey key = EthereumKey.FromBytes(Hex.ToBytes(secret.GetString()!));
                Assert.Equal(address, key.Address);
                Interlocked.Increment(ref keys);
            }
        });
        Count(9, "wallets", one =>
        {
            using EthereumKey key = EthereumKey.FromBytes(Bytes(one, "privateKey"));
            Assert.Equal(EthereumAddress.Parse(Text(one, "address")), key.Address);
        });
        Assert.Equal(1031, keys);
    }

    [Fact]
    public async Task Legacy_transactions_have_the_same_bytes_and_the_same_sender()
    {
        await packages.SkipUnlessInstalledAsync(Token);

        Count(1067, "transactions", one =>
        {
            EthereumAddress sender = EthereumAddress.Parse(Text(one, "accountAddress"));
            CheckTransaction(Bytes(one, "unsignedTransaction"), Bytes(one, "signedTransaction"), sender);
            CheckTransaction(
                Bytes(one, "unsignedTransactionChainId5"), Bytes(one, "signedTransactionChainId5"), sender);
            Assert.Equal(5, EthereumTransaction.Decode(Bytes(one, "signedTransactionChainId5")).ChainId);
        });
    }

    [Fact]
    public async Task Typed_transactions_have_the_same_bytes_and_the_same_sender()
    {
        await packages.SkipUnlessInstalledAsync(Token);

        Count(1792, "typed-transactions", one => CheckTransaction(
            Bytes(one, "unsigned"), Bytes(one, "signed"), EthereumAddress.Parse(Text(one, "address"))));
    }

    [Fact]
    public async Task Selectors_follow_from_the_canonical_types()
    {
        await packages.SkipUnlessInstalledAsync(Token);

        // ethers' own random signatures spell a type without its size, as (uint), now and then.
        Count(1880, "contract-signatures", one =>
        {
            string signature = Text(one, "signature");
            int open = signature.IndexOf('(', StringComparison.Ordinal);
            AbiType arguments = AbiType.TupleOf(AbiType.ParseList(signature[(open + 1)..^1]));
            Assert.Equal(
                Text(one, "sigHash"), Hex.OfBytes(Abi.Selector(signature[..open] + Canonical(arguments))));
        });
    }

    [Theory]
    [InlineData("contract-interface", 2045)]
    [InlineData("contract-interface-abi2", 1880)]
    public async Task Return_values_encode_and_decode_to_the_same_bytes(string file, int cases)
    {
        await packages.SkipUnlessInstalledAsync(Token);

        Count(cases, file, one =>
        {
            AbiType[] types = [.. JsonElement.Parse(Text(one, "types")).EnumerateArray()
                .Select(type => AbiType.Parse(TypeOf(type.GetString()!)))];
            IReadOnlyList<object> values = [.. JsonElement.Parse(Text(one, "normalizedValues", "values"))
                .EnumerateArray().Select((value, i) => ValueOf(types[i], value))];
            byte[] expected = Bytes(one, "result");

            Assert.Equal(Hex.OfBytes(expected), Hex.OfBytes(Abi.Encode(types, values)));
            Assert.Equal(Hex.OfBytes(expected), Hex.OfBytes(Abi.Encode(types, Abi.Decode(types, expected))));
        });
    }

    [Fact]
    public async Task Events_are_decoded_from_their_topics_and_data()
    {
        await packages.SkipUnlessInstalledAsync(Token);

        Count(2016, "contract-events", one =>
        {
            string[] types = [.. one.GetProperty("types").EnumerateArray().Select(type => type.GetString()!)];
            bool[] indexed = [.. one.GetProperty("indexed").EnumerateArray()
                .Select(mark => mark.ValueKind == JsonValueKind.True)];
            byte[][] topics = [.. one.GetProperty("topics").EnumerateArray()
                .Select(topic => Hex.ToBytes(topic.GetString()!))];
            JsonElement[] expected = [.. one.GetProperty("normalizedValues").EnumerateArray()];
            AbiEvent decoder = AbiEvent.Of(
                "testEvent",
                [.. types.Select((type, i) => TypeOf(type) + (indexed[i] ? " indexed" : ""))],
                anonymous: topics.Length == indexed.Count(mark => mark));

            IReadOnlyList<object>? values = decoder.Decode(topics, Bytes(one, "data"));

            Assert.Equal(expected.Zip(values!, PlainLike), values!.Select(Plain));
        });
    }

    // These vectors write numbers in hex, as they do bytes: only the decoded value says which it is.
    private static string PlainLike(JsonElement value, object decoded) => (value.ValueKind, decoded) switch
    {
        (JsonValueKind.Array, IReadOnlyList<object> items) =>
            $"[{string.Join(',', value.EnumerateArray().Zip(items, PlainLike))}]",
        (JsonValueKind.String, BigInteger) => Number(value.GetString()!).ToString(CultureInfo.InvariantCulture),
        _ => Plain(value),
    };

    private static BigInteger Number(string text)
    {
        BigInteger magnitude = BigInteger.Parse(
            $"0{text.TrimStart('-')["0x".Length..]}", NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return text[0] == '-' ? -magnitude : magnitude;
    }

    private static string Plain(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(Plain))}]",
        JsonValueKind.String => value.GetString()!,
        _ => value.GetRawText(),
    };

    private static string Plain(object value) => value switch
    {
        byte[] bytes => Hex.OfBytes(bytes),
        bool truth => truth ? "true" : "false",
        EthereumAddress address => Hex.OfBytes(address.ToArray()),
        IReadOnlyList<object> items => $"[{string.Join(',', items.Select(Plain))}]",
        _ => value.ToString()!,
    };

    private static void CheckTransaction(byte[] unsigned, byte[] signed, EthereumAddress sender)
    {
        EthereumTransaction transaction = EthereumTransaction.Decode(signed);
        Assert.Equal(signed, transaction.Encode());
        Assert.Equal(unsigned, (transaction with { Signature = null }).Encode());
        Assert.Equal(unsigned, EthereumTransaction.Decode(unsigned).Encode());
        Assert.Equal(sender, transaction.Sender());
    }

    private static string Canonical(AbiType type) => type.Kind switch
    {
        AbiKind.Tuple => $"({string.Join(',', type.Components.Select(Canonical))})",
        AbiKind.Array => $"{Canonical(type.Components[0])}[{type.Length}]",
        _ => type.ToString(),
    };

    private static string TypeOf(string ethers) => ethers.Replace("tuple", "", StringComparison.Ordinal);

    private static object ValueOf(AbiType type, JsonElement tagged)
    {
        // ethers marks the kind of every value but arrays.
        JsonElement value = tagged.ValueKind == JsonValueKind.Array ? tagged : tagged.GetProperty("value");
        return type.Kind switch
        {
            AbiKind.Natural or AbiKind.TwosComplement =>
                BigInteger.Parse(value.GetString()!, CultureInfo.InvariantCulture),
            AbiKind.Bool => value.GetBoolean(),
            AbiKind.Address => EthereumAddress.Parse(value.GetString()!),
            AbiKind.FixedBytes or AbiKind.Bytes => Hex.ToBytes(value.GetString()!),
            AbiKind.Text => value.GetString()!,
            _ => (object[])[.. value.EnumerateArray().Select((item, i) =>
                ValueOf(type.Kind == AbiKind.Array ? type.Components[0] : type.Components[i], item))],
        };
    }

    private static RlpItem ItemOf(JsonElement decoded) => decoded.ValueKind == JsonValueKind.Array
        ? RlpItem.List([.. decoded.EnumerateArray().Select(ItemOf)])
        : RlpItem.Of(Hex.ToBytes(decoded.GetString()!));

    private static byte[] Bytes(JsonElement one, string name) => Hex.ToBytes(Text(one, name));

    private static string Text(JsonElement one, params string[] names) =>
        one.GetProperty(names.First(name => one.TryGetProperty(name, out _))).GetString()!;

    private static void Count(int expected, string file, Action<JsonElement> check)
    {
        JsonElement[] cases = [.. EthereumPackages.Cases(file).EnumerateArray()];
        Parallel.ForEach(cases, new ParallelOptions { CancellationToken = Token }, one =>
        {
            try
            {
                check(one);
            }
            catch (Exception difference)
            {
                Assert.Fail($"{file}, {(one.TryGetProperty("name", out JsonElement name) ? name : one)}: {difference}");
            }
        });
        TestContext.Current.TestOutputHelper?.WriteLine($"{file}: {cases.Length} cases");
        Assert.Equal(expected, cases.Length);
    }
}
