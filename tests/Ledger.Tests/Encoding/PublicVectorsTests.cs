using System.Globalization;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Tests.Encoding;

// Goal: where the profile accepts a value it writes the bytes of RFC 8785, and what RFC 8785 would write otherwise it
// refuses and never rewrites. Method: the public test data, each input and output as published; for the numbers of the
// RFC's appendix B the profile's own rule says which of the two must happen.
public sealed class PublicVectorsTests
{
    // https://github.com/cyberphone/json-canonicalization at 19d51d7, testdata/input and testdata/output, whole files;
    // PublishedDigests pins them. The last column is the part that the profile refuses, or empty.
    private static readonly (string Name, string Input, string Output, string Refusal)[] Cyberphone =
    [
        ("arrays", "[\n  56,\n  {\n    \"d\": true,\n    \"10\": null,\n    \"1\": [ ]\n  }\n]\n",
            "[56,{\"1\":[],\"10\":null,\"d\":true}]", ""),
        ("french", "{\n  \"peach\": \"This sorting order\",\n  \"p\u00e9ch\u00e9\": \"is wrong according to French\",\n"
            + "  \"p\u00eache\": \"but canonicalization MUST\",\n  \"sin\":   \"ignore locale\"\n}\n",
            "{\"peach\":\"This sorting order\",\"p\u00e9ch\u00e9\":\"is wrong according to French\","
            + "\"p\u00eache\":\"but canonicalization MUST\",\"sin\":\"ignore locale\"}", ""),
        ("structures", "{\n  \"1\": {\"f\": {\"f\": \"hi\",\"F\": 5} ,\"\\n\": 56.0},\n  \"10\": { },\n"
            + "  \"\": \"empty\",\n  \"a\": { },\n  \"111\": [ {\"e\": \"yes\",\"E\": \"no\" } ],\n  \"A\": { }\n}",
            "{\"\":\"empty\",\"1\":{\"\\n\":56,\"f\":{\"F\":5,\"f\":\"hi\"}},\"10\":{},"
            + "\"111\":[{\"E\":\"no\",\"e\":\"yes\"}],\"A\":{},\"a\":{}}", "56.0"),
        ("unicode", "{\n  \"Unnormalized Unicode\":\"A\\u030a\"\n}\n",
            "{\"Unnormalized Unicode\":\"A\u030a\"}", "U+030A"),
        ("values", "{\n  \"numbers\": [333333333.33333329, 1E30, 4.50, 2e-3, 0.000000000000000000000000001],\n"
            + "  \"string\": \"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\n"
            + "  \"literals\": [null, true, false]\n}",
            "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,1e-27],"
            + "\"string\":\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}", "333333333.33333329"),
        ("weird", "{\n  \"\\u20ac\": \"Euro Sign\",\n  \"\\r\": \"Carriage Return\",\n"
            + "  \"\\u000a\": \"Newline\",\n  \"1\": \"One\",\n  \"\\u0080\": \"Control\\u007f\",\n"
            + "  \"\\ud83d\\ude02\": \"Smiley\",\n  \"\\u00f6\": \"Latin Small Letter O With Diaeresis\",\n"
            + "  \"\\ufb33\": \"Hebrew Letter Dalet With Dagesh\",\n  \"</script>\": \"Browser Challenge\"\n}\n",
            "{\"\\n\":\"Newline\",\"\\r\":\"Carriage Return\",\"1\":\"One\",\"</script>\":\"Browser Challenge\","
            + "\"\u0080\":\"Control\u007f\",\"\u00f6\":\"Latin Small Letter O With Diaeresis\","
            + "\"\u20ac\":\"Euro Sign\",\"\ud83d\ude02\":\"Smiley\",\"\ufb33\":\"Hebrew Letter Dalet With Dagesh\"}",
            "U+FB33"),
    ];

    // sha256sum input/* output/*, as https://github.com/lattice-substrate/json-canon pins them in UPSTREAM.json.
    private static readonly Dictionary<string, (string Input, string Output)> PublishedDigests = new()
    {
        ["arrays"] = ("e503b6d71d1afa595b1c74b1016445c944cd89f90418066b23de1aeda7d17563",
            "099601b171cafed97c333f8878d68e7f8c8f795412adb34b2fdcf0e7c7beac42"),
        ["french"] = ("03676a951cd8753ac62589f72eb2105cc782c33425418cfe1d517c111f6e5d5a",
            "d99d0ebdcb0033cb858cfa830ae46bc0fb3309413b271f1da828c89901a27ed5"),
        ["structures"] = ("d66893805be1784116af50af3110d08766c70a6b4aad93374723f72346e7aaa6",
            "605f65004ec2db7692522a0852c22f1c989e036d547e88963d1a3143cf3195d5"),
        ["unicode"] = ("4621864e014d4a805a563f55b9ea20aba4a2d2dc09c7394f625496998c00702c",
            "0d99aad92a125196ff887876643fd3206786a84ddce2cee52ba4ad256d2381d3"),
        ["values"] = ("c4a041b503d6bc236036ef44db4dac499272f60fc22c40dc3b7a54870ba6f1c3",
            "2d5e01a318d0f0879ab568c4be289c8b1f64ef8921a53c6277d5e069978baacb"),
        ["weird"] = ("a3a905266bd4a49a969274ea69baa14ee0c4af0ead926d6fa2b7612b4af75387",
            "6af595a9aa80110b964b4de3f82a05fa6ae7423005019bacfa2620dddc4e94d1"),
    };

    // RFC 8785, appendix B: bits of the double and its JSON form; NaN and Infinity have none.
    private static readonly (ulong Bits, string Json)[] AppendixB =
    [
        (0x0000000000000000, "0"), (0x8000000000000000, "0"), (0x0000000000000001, "5e-324"),
        (0x8000000000000001, "-5e-324"), (0x7fefffffffffffff, "1.7976931348623157e+308"),
        (0xffefffffffffffff, "-1.7976931348623157e+308"), (0x4340000000000000, "9007199254740992"),
        (0xc340000000000000, "-9007199254740992"), (0x4430000000000000, "295147905179352830000"),
        (0x7fffffffffffffff, ""), (0x7ff0000000000000, ""), (0x44b52d02c7e14af5, "9.999999999999997e+22"),
        (0x44b52d02c7e14af6, "1e+23"), (0x44b52d02c7e14af7, "1.0000000000000001e+23"),
        (0x444b1ae4d6e2ef4e, "999999999999999700000"), (0x444b1ae4d6e2ef4f, "999999999999999900000"),
        (0x444b1ae4d6e2ef50, "1e+21"), (0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"),
        (0x3eb0c6f7a0b5ed8d, "0.000001"), (0x41b3de4355555553, "333333333.3333332"),
        (0x41b3de4355555554, "333333333.33333325"), (0x41b3de4355555555, "333333333.3333333"),
        (0x41b3de4355555556, "333333333.3333334"), (0x41b3de4355555557, "333333333.33333343"),
        (0xbecbf647612f3696, "-0.0000033333333333333333"), (0x43143ff3c1cb0959, "1424953923781206.2"),
    ];

    // RFC 8259 and RFC 7493 forbid or warn of each; the expected words stand in the refusal.
    private static readonly (string Name, byte[] Json)[] Negatives =
    [
        ("a key twice", "{\"a\":1,\"a\":2}"u8.ToArray()),
        ("a key twice, once escaped", "{\"a\":1,\"\\u0061\":2}"u8.ToArray()),
        ("a key twice, deep", "{\"a\":[{\"b\":{},\"b\":{}}]}"u8.ToArray()),
        ("a number above every double", "{\"a\":1e400}"u8.ToArray()),
        ("2^53", "{\"a\":9007199254740992}"u8.ToArray()),
        ("2^53+1", "{\"a\":9007199254740993}"u8.ToArray()),
        ("-2^53", "{\"a\":-9007199254740992}"u8.ToArray()),
        ("2^63", "{\"a\":9223372036854775808}"u8.ToArray()),
        ("an exponent", "{\"a\":1e2}"u8.ToArray()),
        ("a fraction of nothing", "{\"a\":1.0}"u8.ToArray()),
        ("minus zero", "{\"a\":-0}"u8.ToArray()),
        ("a leading zero", "{\"a\":007}"u8.ToArray()),
        ("a plus", "{\"a\":+7}"u8.ToArray()),
        ("hex", "{\"a\":0x7}"u8.ToArray()),
        ("NaN", "{\"a\":NaN}"u8.ToArray()),
        ("Infinity", "{\"a\":-Infinity}"u8.ToArray()),
        ("a lone high surrogate", "{\"a\":\"\\ud800\"}"u8.ToArray()),
        ("a lone low surrogate", "{\"a\":\"\\udc00\"}"u8.ToArray()),
        ("surrogates the wrong way round", "{\"a\":\"\\udc00\\ud800\"}"u8.ToArray()),
        ("a lone surrogate as a key", "{\"\\ud800\":1}"u8.ToArray()),
        ("a surrogate in UTF-8", [0x22, 0xed, 0xa0, 0x80, 0x22]),
        ("an overlong slash", [0x22, 0xc0, 0xaf, 0x22]),
        ("above U+10FFFF", [0x22, 0xf4, 0x90, 0x80, 0x80, 0x22]),
        ("a cut character", [0x22, 0xe2, 0x82, 0x22]),
        ("a byte order mark", [0xef, 0xbb, 0xbf, (byte)'{', (byte)'}']),
        ("UTF-16", [0xff, 0xfe, (byte)'{', 0, (byte)'}', 0]),
        ("white space before", " {}"u8.ToArray()),
        ("a line feed behind", "{}\n"u8.ToArray()),
        ("a second value", "{}{}"u8.ToArray()),
        ("a comma too many", "[1,]"u8.ToArray()),
        ("a comment", "{/**/}"u8.ToArray()),
        ("single quotes", "{'a':1}"u8.ToArray()),
        ("no quotes", "{a:1}"u8.ToArray()),
        ("a raw line feed", "\"a\nb\""u8.ToArray()),
        ("a raw NUL", [0x22, 0, 0x22]),
        ("an escape too many", "\"\\u0041\""u8.ToArray()),
        ("an escaped slash", "\"\\/\""u8.ToArray()),
        ("a capital in an escape", "\"\\u001F\""u8.ToArray()),
        ("a long escape where there is a short one", "\"\\u000a\""u8.ToArray()),
        ("keys out of order", "{\"b\":1,\"a\":2}"u8.ToArray()),
        ("keys by code point instead of UTF-16 unit", "{\"\ufb01\":1,\"\ud83d\ude00\":2}"u8.ToArray()),
        ("nothing", []),
        ("an open object", "{\"a\":1"u8.ToArray()),
        ("a decomposed letter", "\"e\u0301\""u8.ToArray()),
        ("an Angstrom sign", "\"\u212b\""u8.ToArray()),
        ("a decomposed Hangul syllable", "\"\u1112\u1161\u11ab\""u8.ToArray()),
        ("a composition exclusion", "\"\u0958\""u8.ToArray()),
        ("a compatibility ideograph", "\"\uf900\""u8.ToArray()),
        ("a mark as a key", "{\"\u0301\":1}"u8.ToArray()),
    ];

    public static TheoryData<string> CyberphoneNames => [.. Cyberphone.Select(vector => vector.Name)];

    public static TheoryData<string> NegativeNames => [.. Negatives.Select(vector => vector.Name)];

    [Theory]
    [MemberData(nameof(CyberphoneNames))]
    public void A_vector_of_cyberphone_is_written_as_published_or_refused(string name)
    {
        (_, string input, string output, string refusal) = Cyberphone.Single(vector => vector.Name == name);
        JsonNode node = JsonNode.Parse(input)!;
        byte[] expected = System.Text.Encoding.UTF8.GetBytes(output);
        Assert.Equal(PublishedDigests[name], (Fields.Digest(input), Fields.Digest(output)));
        if (refusal.Length > 0)
        {
            CanonicalJsonException error = Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Serialize(node));
            Assert.Contains(refusal, error.Message, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(expected, CanonicalJson.Serialize(node));
        }

        // The published output is read where its value lies in the profile: 56 does, which written as 56.0 did not.
        if (refusal is "" or "56.0")
        {
            Assert.Equal(expected, CanonicalJson.Serialize(CanonicalJson.Parse(expected)));
        }
        else
        {
            Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Parse(expected));
        }
    }

    [Fact]
    public void A_number_of_appendix_b_is_written_as_published_where_it_is_an_integer_that_every_reader_keeps()
    {
        int written = 0;
        foreach ((ulong bits, string json) in AppendixB)
        {
            double value = BitConverter.UInt64BitsToDouble(bits);
            bool inProfile = double.IsFinite(value) && value == Math.Truncate(value)
                && Math.Abs(value) <= CanonicalJson.LargestInteger;
            if (inProfile)
            {
                Assert.Equal(
                    System.Text.Encoding.ASCII.GetBytes(json), CanonicalJson.Serialize(JsonValue.Create(value)));
                written++;
            }
            else if (json.Length > 0)
            {
                Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Serialize(JsonValue.Create(value)));
                Assert.Throws<CanonicalJsonException>(
                    () => CanonicalJson.Parse(System.Text.Encoding.ASCII.GetBytes($"[{json}]")));
            }
            else
            {
                Assert.False(double.IsFinite(value));
                Assert.ThrowsAny<Exception>(() => CanonicalJson.Serialize(JsonValue.Create(value)));
            }
        }

        Assert.Equal(2, written);
    }

    [Theory]
    [MemberData(nameof(NegativeNames))]
    public void What_is_no_canonical_json_is_refused_with_its_one_exception(string name)
    {
        byte[] json = Negatives.Single(vector => vector.Name == name).Json;

        Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Parse(json));
    }

    [Theory]
    [InlineData("[", "]")]
    [InlineData("{\"a\":", "}")]
    public void Depth_is_bounded_at_any_depth(string open, string close)
    {
        foreach (int depth in (int[])[CanonicalJson.MaxDepth + 1, 1000, 100_000])
        {
            string text = string.Concat(Enumerable.Repeat(open, depth)) + "1"
                + string.Concat(Enumerable.Repeat(close, depth));

            Assert.Throws<CanonicalJsonException>(
                () => CanonicalJson.Parse(System.Text.Encoding.ASCII.GetBytes(text)));
        }

        string deepest = string.Concat(Enumerable.Repeat(open, CanonicalJson.MaxDepth)) + "1"
            + string.Concat(Enumerable.Repeat(close, CanonicalJson.MaxDepth));
        byte[] bytes = System.Text.Encoding.ASCII.GetBytes(deepest);
        Assert.Equal(bytes, CanonicalJson.Serialize(CanonicalJson.Parse(bytes)));
    }

    [Theory]
    [InlineData("http://example.com/HelloWorld", "hello world",
        "DSSEv1 29 http://example.com/HelloWorld 11 hello world")]
    [InlineData("", "", "DSSEv1 0  0 ")]
    [InlineData("a", "1 a 1 b", "DSSEv1 1 a 7 1 a 1 b")]
    public void The_bytes_that_dsse_signs_are_those_of_its_protocol(string type, string body, string encoded)
    {
        // https://github.com/secure-systems-lab/dsse/blob/master/protocol.md: the worked example, then the definition.
        Assert.Equal(
            encoded,
            System.Text.Encoding.ASCII.GetString(
                Envelope.PreAuthenticationEncoding(type, System.Text.Encoding.ASCII.GetBytes(body))));
    }

    [Fact]
    public void Two_bodies_of_two_types_never_have_one_encoding()
    {
        // Type and body whose plain concatenation is one and the same text, cut at every place.
        const string Whole = "ab 2 cd 11 ";
        Assert.Equal(
            Whole.Length + 1,
            Enumerable.Range(0, Whole.Length + 1)
                .Select(cut => Convert.ToHexString(Envelope.PreAuthenticationEncoding(
                    Whole[..cut], System.Text.Encoding.ASCII.GetBytes(Whole[cut..]))))
                .Distinct()
                .Count());
    }

    [Fact]
    public void The_public_vectors_are_as_many_as_they_say()
    {
        TestContext.Current.SendDiagnosticMessage(string.Create(
            CultureInfo.InvariantCulture,
            $"{Cyberphone.Length} files of cyberphone, {AppendixB.Length} numbers of RFC 8785, "
                + $"{Negatives.Length} negatives."));

        Assert.Equal((6, 26, 49), (Cyberphone.Length, AppendixB.Length, Negatives.Length));
        Assert.Equal(Negatives.Length, Negatives.Select(vector => vector.Name).Distinct().Count());
    }
}
