using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Tests.Encoding;

// Goal: one value has one encoding, and nothing outside the profile gets in. Method: the vectors of RFC 8785 that the
// profile covers, then everything an attacker could try to make two leaves of one record.
public sealed class CanonicalJsonTests
{
    [Fact]
    public void Keys_are_ordered_by_utf16_code_units_as_in_rfc_8785()
    {
        // RFC 8785, section 3.2.3, without U+FB33 (a composition exclusion, so not in form C): the emoji's first
        // surrogate D83D stands before U+FB01, although its code point is larger.
        JsonNode node = new JsonObject
        {
            ["\u20ac"] = "Euro Sign",
            ["\r"] = "Carriage Return",
            ["\ufb01"] = "Latin Small Ligature Fi",
            ["1"] = "One",
            ["\ud83d\ude00"] = "Emoji: Grinning Face",
            ["\u0080"] = "Control",
            ["\u00f6"] = "Latin Small Letter O With Diaeresis",
        };

        string text = System.Text.Encoding.UTF8.GetString(CanonicalJson.Serialize(node));

        Assert.Equal(
            "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\u0080\":\"Control\","
            + "\"\u00f6\":\"Latin Small Letter O With Diaeresis\",\"\u20ac\":\"Euro Sign\","
            + "\"\ud83d\ude00\":\"Emoji: Grinning Face\",\"\ufb01\":\"Latin Small Ligature Fi\"}",
            text);
    }

    [Fact]
    public void Strings_are_escaped_as_in_rfc_8785()
    {
        // RFC 8785, section 3.2.2, the string member of its example.
        JsonNode node = JsonValue.Create("\u20ac$\u000f\nA'\u0042\u0022\u005c\\\"/");

        Assert.Equal(
            "\"\u20ac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"",
            System.Text.Encoding.UTF8.GetString(CanonicalJson.Serialize(node)));
    }

    [Theory]
    [InlineData("{\"a\":[1,-2,true,false,null,\"x\"],\"b\":{}}")]
    [InlineData("{\"a\":9007199254740991,\"b\":-9007199254740991}")]
    [InlineData("[]")]
    [InlineData("\"\\b\\t\\n\\f\\r\\u001f\"")]
    public void Canonical_bytes_are_read_and_written_back_unchanged(string text)
    {
        byte[] bytes = System.Text.Encoding.UTF8.GetBytes(text);

        Assert.Equal(bytes, CanonicalJson.Serialize(CanonicalJson.Parse(bytes)));
    }

    [Theory]
    [InlineData("{\"a\":1,\"a\":1}")]
    [InlineData("{\"b\":1,\"a\":1}")]
    [InlineData("{ \"a\":1}")]
    [InlineData("{\"a\":1}\n")]
    [InlineData("{\"a\":1}{}")]
    [InlineData("{\"a\":1,}")]
    [InlineData("{\"a\":1.0}")]
    [InlineData("{\"a\":1e3}")]
    [InlineData("{\"a\":1e400}")]
    [InlineData("{\"a\":-0}")]
    [InlineData("{\"a\":01}")]
    [InlineData("{\"a\":9007199254740992}")]
    [InlineData("{\"a\":-9007199254740992}")]
    [InlineData("{\"a\":NaN}")]
    [InlineData("{\"a\":\"\\u0041\"}")]
    [InlineData("{\"a\":\"\\/\"}")]
    [InlineData("{\"a\":\"\\ud800\"}")]
    [InlineData("{\"a\":\"e\\u0301\"}")]
    [InlineData("{\"a\":\"e\u0301\"}")]
    [InlineData("{\"a\":\"\u212b\"}")]
    [InlineData("\ufeff{\"a\":1}")]
    [InlineData("null")]
    [InlineData("")]
    [InlineData("// x\n{}")]
    [InlineData("[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]")]
    public void Anything_else_is_refused(string text)
    {
        Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Parse(System.Text.Encoding.UTF8.GetBytes(text)));
    }

    [Fact]
    public void Bytes_that_are_not_utf8_are_refused()
    {
        Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Parse([0x22, 0xff, 0x22]));
        Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Parse([0x22, 0xc0, 0xaf, 0x22]));
    }

    [Theory]
    [InlineData(1.5)]
    [InlineData(1e300)]
    [InlineData(9007199254740992.0)]
    public void A_floating_point_number_is_not_written(double value)
    {
        Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Serialize(JsonValue.Create(value)));
    }

    [Fact]
    public void A_lone_surrogate_is_not_written()
    {
        Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Serialize(JsonValue.Create("\ud800")));
        Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Serialize(new JsonObject { ["\udc00"] = 1 }));
    }

    [Theory]
    [InlineData("Universitätsklinikum Köln")]
    [InlineData("北京协和医院")]
    [InlineData("서울대학교병원")]
    [InlineData("Ελλάδα, Москва, بيروت")]
    public void Names_of_hospitals_of_many_scripts_are_written(string name)
    {
        byte[] bytes = CanonicalJson.Serialize(JsonValue.Create(name));

        Assert.Equal(name, CanonicalJson.Parse(bytes).GetValue<string>());
    }

    [Theory]
    [InlineData("a\u0308")]
    [InlineData("\u1112\u1161")]
    [InlineData("\u2126")]
    [InlineData("\uf900")]
    [InlineData("\u0958")]
    [InlineData("\ud87e\udc00")]
    public void A_text_with_a_second_spelling_is_refused(string text)
    {
        // Python: unicodedata.normalize("NFC", text) != text for each of these.
        Assert.Throws<CanonicalJsonException>(() => CanonicalJson.Serialize(JsonValue.Create(text)));
    }
}
