using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Commitments;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Tests.Encoding;

// Goal: no bytes whatever bring a parser of the ledger to another exception than its own, and what a parser takes it
// writes back byte for byte. Method: valid values changed in one to four places by a seeded stream, in envelopes also
// the statement under the base64. DTWIN_LEDGER_FUZZ=10000000 runs more; a failure names the seed and the mutation.
public sealed class LedgerFuzzTests : IDisposable
{
    private const int DefaultMutations = 20_000;
    private const ulong Seed = 20_260_301;

    private static readonly byte[][] Tokens =
    [
        .. new[]
        {
            "{", "}", "[", "]", "\"", ",", ":", "\\", "\\u0041", "\\ud800", "\\u0000", "null", "true", "-0", "1e400",
            "9007199254740993", "9223372036854775808", "0.5", "\"a\":1,", "\"a\":1,\"a\":1", "[[[[[[[[[[[[[[[[[",
            "\u0301", "\u212b", "\ud83d\ude00", "=", "==", "/", "+", " ", "\n", "\0", "sha256",
            "\"rows\":[]", "\"path\":[]",
        }.Select(System.Text.Encoding.UTF8.GetBytes),
        [0xff], [0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xef, 0xbb, 0xbf], [0xf4, 0x90, 0x80, 0x80],
    ];

    private readonly RecordKey _key = RecordKey.Generate();
    private readonly RowSalt _salt = new(SHA256.HashData("fuzz"u8));
    private readonly RowTree _tree;

    public LedgerFuzzTests() => _tree = new RowTree(Enumerable.Range(0, 21).Select(_salt.Padding));

    public void Dispose()
    {
        _key.Dispose();
        _salt.Dispose();
    }

    [Fact]
    public void Parsers_throw_nothing_but_their_own_exception_and_write_back_what_they_take()
    {
        int mutations = int.Parse(
            Environment.GetEnvironmentVariable("DTWIN_LEDGER_FUZZ")
                ?? DefaultMutations.ToString(CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture);
        (string Parser, byte[] Bytes, Action<byte[]> Parse)[] corpus = Corpus();
        Dictionary<string, (int Tried, int Taken)> counts = [];
        Draws random = new(Seed);

        for (int mutation = 0; mutation < mutations; mutation++)
        {
            (string parser, byte[] bytes, Action<byte[]> parse) = corpus[random.Next(corpus.Length)];
            byte[] mutated = parser == "Envelope" && random.Next(2) == 0
                ? WithPayload(bytes, payload => Mutated(payload, corpus, random))
                : Mutated(bytes, corpus, random);
            (int tried, int taken) = counts.GetValueOrDefault(parser);
            try
            {
                parse(mutated);
                taken++;
            }
            catch (FormatException problem) when (parser != "CanonicalJson" || problem is CanonicalJsonException)
            {
                // The one that is promised.
            }
            catch (Exception other)
            {
                Assert.Fail($"Seed {Seed}, mutation {mutation}, {parser}, "
                    + $"{Convert.ToBase64String(mutated)}: {other}");
            }

            counts[parser] = (tried + 1, taken);
        }

        // A mutation is often of a text, and the result a value again; were none taken, nothing behind the first check
        // would ever be reached.
        Assert.All(counts, count => Assert.InRange(count.Value.Taken, 1, count.Value.Tried * 3 / 4));
        TestContext.Current.SendDiagnosticMessage(string.Join("; ", counts.OrderBy(count => count.Key).Select(count =>
            $"{count.Key}: {count.Value.Tried} mutations, {count.Value.Taken} of them taken")));
    }

    private static void ParseJson(byte[] bytes)
    {
        JsonNode node = CanonicalJson.Parse(bytes);
        Same(bytes, CanonicalJson.Serialize(node));

        // What we read and what the class library reads is one and the same value.
        Same(bytes, CanonicalJson.Serialize(JsonNode.Parse(bytes)!));
    }

    private static void ParseStatement(byte[] bytes) => Same(bytes, Statement.Parse(bytes).Serialize());

    private static void ParseEnvelope(byte[] bytes)
    {
        Envelope envelope = Envelope.Parse(bytes);
        Same(bytes, envelope.Leaf.ToArray());
        Same(PayloadOf(bytes), envelope.Statement.Serialize());
    }

    private void ParseProof(byte[] bytes)
    {
        RowProof proof = RowProof.Parse(bytes);
        Same(bytes, proof.Serialize());
        for (long size = _tree.Size - 1; size <= _tree.Size + 1; size++)
        {
            Assert.False(proof.ProvesInclusion(_tree.Root, size) && !_tree.Has(proof.Token), "A false inclusion.");
            Assert.False(proof.ProvesExclusion(_tree.Root, size) && _tree.Has(proof.Token), "A false exclusion.");
        }
    }

    private void ParseExclusions(byte[] bytes)
    {
        ExclusionProofs proofs = ExclusionProofs.Parse(bytes);
        Same(bytes, proofs.Serialize());
        Assert.False((proofs with { Rows = _tree.Root }).Excluded().Any(_tree.Has), "A false exclusion.");
    }

    private (string Parser, byte[] Bytes, Action<byte[]> Parse)[] Corpus()
    {
        JsonObject predicate = new()
        {
            ["actor"] = new JsonObject { ["id"] = "hospital-a", ["role"] = "hospital" },
            ["list"] = new JsonArray(1, -2, true, false, null, "x", new JsonArray(), new JsonObject()),
            ["number"] = CanonicalJson.LargestInteger,
            ["text"] = "K\u00f6ln \u5317\u4eac \ud83d\ude00 \\ \" \u000f\n",
        };
        Statement statement = new("round-opened", [new Subject("baseModel", Fields.Digest("model"))], predicate);
        RowToken inside = _salt.Padding(3).Token;
        RowToken[] outside = [.. Enumerable.Range(0, 4).Select(i => _salt.Token($"patient-{i}"))];
        return
        [
            ("CanonicalJson", CanonicalJson.Serialize(predicate), ParseJson),
            ("CanonicalJson", "[\"\\b\\t\\n\\f\\r\\u001f\",{\"a\":{\"b\":[[],{}]}}]"u8.ToArray(), ParseJson),
            ("Statement", statement.Serialize(), ParseStatement),
            ("Envelope", Envelope.Sign(statement, _key).Leaf.ToArray(), ParseEnvelope),
            ("RowProof", _tree.Prove(inside).Serialize(), ParseProof),
            ("RowProof", _tree.Prove(outside[0]).Serialize(), ParseProof),
            ("ExclusionProofs", ExclusionProofs.Of("broad", _tree, outside).Serialize(), ParseExclusions),
        ];
    }

    private static void Same(byte[] expected, byte[] actual) =>
        Assert.True(expected.AsSpan().SequenceEqual(actual), "It is written back as other bytes.");

    private static byte[] PayloadOf(byte[] envelope) =>
        Convert.FromBase64String(JsonNode.Parse(envelope)!["payload"]!.GetValue<string>());

    private static byte[] WithPayload(byte[] envelope, Func<byte[], byte[]> change)
    {
        JsonObject members = (JsonObject)JsonNode.Parse(envelope)!;
        members["payload"] = Convert.ToBase64String(change(PayloadOf(envelope)));
        return CanonicalJson.Serialize(members);
    }

    private static byte[] Mutated(
        byte[] original, (string Parser, byte[] Bytes, Action<byte[]> Parse)[] corpus, Draws random)
    {
        byte[] bytes = [.. original];
        int changes = 1 + random.Next(4);
        for (int change = 0; change < changes && bytes.Length > 0; change++)
        {
            int at = random.Next(bytes.Length);
            int to = int.Min(at + 1 + random.Next(64), bytes.Length);
            byte[] other = corpus[random.Next(corpus.Length)].Bytes;
            int from = random.Next(other.Length);
            switch (random.Next(8))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 1:
                    // A letter or digit in the place of another keeps most values valid.
                    bytes[at] = (byte)"0123456789abcdef"[random.Next(16)];
                    break;
                case 2:
                    bytes = [.. bytes[..at], .. Tokens[random.Next(Tokens.Length)], .. bytes[at..]];
                    break;
                case 3:
                    bytes = [.. bytes[..at], .. Tokens[random.Next(Tokens.Length)], .. bytes[to..]];
                    break;
                case 4:
                    bytes = [.. bytes[..at], .. bytes[to..]];
                    break;
                case 5:
                    bytes = [.. bytes[..to], .. bytes[at..]];
                    break;
                case 6:
                    bytes = bytes[..at];
                    break;
                default:
                    bytes = [.. bytes[..at], .. other[from..int.Min(from + 64, other.Length)], .. bytes[at..]];
                    break;
            }
        }

        return bytes;
    }

    /// <summary>SplitMix64 (Steele, Lea and Flood, OOPSLA 2014): one seed gives the same draws everywhere.</summary>
    private sealed class Draws(ulong seed)
    {
        private ulong _state = seed;

        public int Next(int bound)
        {
            unchecked
            {
                ulong word = _state += 0x9E3779B97F4A7C15;
                word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
                word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
                return (int)Math.BigMul(word ^ (word >> 31), (ulong)bound, out _);
            }
        }
    }
}
