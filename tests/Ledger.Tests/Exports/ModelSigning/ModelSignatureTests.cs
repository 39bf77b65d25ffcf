using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Exports.ModelSigning;

namespace DigitalTwin.Ledger.Tests.Exports.ModelSigning;

// Goal: a signature holds for exactly the files and the key that made it, in the form that other tools read. Method:
// bundles that two other implementations made, signed folders with one thing changed, and bundles with one thing wrong.
public sealed class ModelSignatureTests : IDisposable
{
    // From model-transparency, scripts/tests: the key of its bundles of versions 1.0.0 and 1.1.0 (P-384).
    private const string PublishedKey = """
        -----BEGIN PUBLIC KEY-----
        MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEsu6rZGBTjxtvRWPMixT+3HyndV0J0Ybt
        aHZUcO4DEK+OJHO/4e32bb/fbJKSpRgcBsIpKLcVijUomyFOERbd7u+BTPSUjGZD
        Qq6J7lTvp/EAXQGOKxW9RP0MGX3qAkvi
        -----END PUBLIC KEY-----

        """;

    private const string PublishedRoot = "92745110b1ab4368471cbe31664e10174e954b113a3df333db860317b2c6dec4";

    private readonly TemporaryFolder _folder = new();
    private readonly RecordKey _key = RecordKey.Generate();

    public ModelSignatureTests()
    {
        Directory.CreateDirectory(_folder["m/weights"]);
        File.WriteAllText(_folder["m/model.json"], "{}");
        File.WriteAllText(_folder["m/weights/layer-1"], "one");
    }

    public static TheoryData<string, string> Published => new()
    {
        // model-signing-spec, test-vectors/v1.0/valid/key.bundle.json: by the reference implementation in Python.
        { "ewogICJfdHlwZSI6ICJodHRwczovL2luLXRvdG8uaW8vU3RhdGVtZW50L3YxIiwKICAic3ViamVjdCI6IFsKICAgIHsKICAgICAg"
            + "Im5hbWUiOiAibW9kZWwiLAogICAgICAiZGlnZXN0IjogewogICAgICAgICJzaGEyNTYiOiAiOTI3NDUxMTBiMWFiNDM2ODQ3MWNi"
            + "ZTMxNjY0ZTEwMTc0ZTk1NGIxMTNhM2RmMzMzZGI4NjAzMTdiMmM2ZGVjNCIKICAgICAgfQogICAgfQogIF0sCiAgInByZWRpY2F0"
            + "ZVR5cGUiOiAiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwKICAicHJlZGljYXRlIjogewogICAgInJlc291"
            + "cmNlcyI6IFsKICAgICAgewogICAgICAgICJkaWdlc3QiOiAiYmM5YTcxN2RiNjA2NGEzMmNiZTllYWU2ZmM0MDY1MWRkNmQzNmVm"
            + "MTc1NzE4M2Y1OTBlZmYyYjE3NjVkN2ViYyIsCiAgICAgICAgImFsZ29yaXRobSI6ICJzaGEyNTYiLAogICAgICAgICJuYW1lIjog"
            + "InNpZ25tZS0xIgogICAgICB9LAogICAgICB7CiAgICAgICAgImRpZ2VzdCI6ICIzMmRjYjFmOGUxYWU1MmQ1OTYzZTU2YTZiYTA2"
            + "YWI1OGI0MjRjMTVlZDJhNmI3MGQyZmVjYTFkMDg5MzcwMDI4IiwKICAgICAgICAiYWxnb3JpdGhtIjogInNoYTI1NiIsCiAgICAg"
            + "ICAgIm5hbWUiOiAic2lnbm1lLTIiCiAgICAgIH0KICAgIF0sCiAgICAic2VyaWFsaXphdGlvbiI6IHsKICAgICAgIm1ldGhvZCI6"
            + "ICJmaWxlcyIsCiAgICAgICJpZ25vcmVfcGF0aHMiOiBbCiAgICAgICAgIi5naXRhdHRyaWJ1dGVzIiwKICAgICAgICAiLmdpdGh1"
            + "YiIsCiAgICAgICAgImlnbm9yZS1tZSIsCiAgICAgICAgIi5naXRpZ25vcmUiLAogICAgICAgICIuZ2l0IgogICAgICBdLAogICAg"
            + "ICAiaGFzaF90eXBlIjogInNoYTI1NiIsCiAgICAgICJhbGxvd19zeW1saW5rcyI6IGZhbHNlCiAgICB9CiAgfQp9",
          "MGQCMDNHlJBKxhHVeSWQ+RWXT2LKSOcd3fF6jQLxRs8zdXnJI9Ff8zKrDeMLvprDzqzKZQIwQmpMu2WZsNmlfMD+5S0UqwBnJ3/xLPjO"
            + "+bYmBn/c5fg80jHloGe9fmjR5d57Y1XM" },

        // The same suite, conformance/…/positive/key-simple-go: by the implementation in Go.
        { "eyJfdHlwZSI6Imh0dHBzOi8vaW4tdG90by5pby9TdGF0ZW1lbnQvdjEiLCAic3ViamVjdCI6W3sibmFtZSI6InNpbXBsZSIsICJk"
            + "aWdlc3QiOnsic2hhMjU2IjoiOTI3NDUxMTBiMWFiNDM2ODQ3MWNiZTMxNjY0ZTEwMTc0ZTk1NGIxMTNhM2RmMzMzZGI4NjAzMTdi"
            + "MmM2ZGVjNCJ9fV0sICJwcmVkaWNhdGVUeXBlIjoiaHR0cHM6Ly9tb2RlbF9zaWduaW5nL3NpZ25hdHVyZS92MS4wIiwgInByZWRp"
            + "Y2F0ZSI6eyJyZXNvdXJjZXMiOlt7ImFsZ29yaXRobSI6InNoYTI1NiIsICJkaWdlc3QiOiJiYzlhNzE3ZGI2MDY0YTMyY2JlOWVh"
            + "ZTZmYzQwNjUxZGQ2ZDM2ZWYxNzU3MTgzZjU5MGVmZjJiMTc2NWQ3ZWJjIiwgIm5hbWUiOiJzaWdubWUtMSJ9LCB7ImFsZ29yaXRo"
            + "bSI6InNoYTI1NiIsICJkaWdlc3QiOiIzMmRjYjFmOGUxYWU1MmQ1OTYzZTU2YTZiYTA2YWI1OGI0MjRjMTVlZDJhNmI3MGQyZmVj"
            + "YTFkMDg5MzcwMDI4IiwgIm5hbWUiOiJzaWdubWUtMiJ9XSwgInNlcmlhbGl6YXRpb24iOnsiYWxsb3dfc3ltbGlua3MiOmZhbHNl"
            + "LCAiaGFzaF90eXBlIjoic2hhMjU2IiwgImlnbm9yZV9wYXRocyI6WyJ0ZXN0L2Fzc2V0cy9tb2RlbHMvc2ltcGxlL2lnbm9yZS1t"
            + "ZSIsICJ0ZXN0L2Fzc2V0cy92ZXJpZnkvcG9zaXRpdmUva2V5LXNpbXBsZS1nby9idW5kbGUuc2lnIiwgIi5naXQiLCAiLmdpdGln"
            + "bm9yZSIsICIuZ2l0YXR0cmlidXRlcyIsICIuZ2l0aHViIiwgIi5naXRtb2R1bGVzIl0sICJtZXRob2QiOiJmaWxlcyJ9fX0=",
          "MGUCMCkcqXri6u+/jVp2yUVPSv8kfr3E8ENPxyUux9gTb5Ot+4cFqnguVw1o1ugWKB2ExwIxAKdM4HnYWE7UwlpTgqBp8pPCpMUpZkMY"
            + "a47wol4v8Ooes1kVR9YX0E3oYZCk7NnluA==" },
    };

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Published))]
    public void A_bundle_of_another_implementation_verifies_with_its_files(string payload, string signature)
    {
        // Their model: two files that hold their own names, the first with a line feed.
        Directory.CreateDirectory(_folder["theirs"]);
        File.WriteAllText(_folder["theirs/signme-1"], "signme-1\n");
        File.WriteAllText(_folder["theirs/signme-2"], "signme-2");
        File.WriteAllText(_folder["theirs/.gitignore"], "left out by default");

        ModelManifest manifest = ModelSignature.Verify(
            PublishedBundle(payload, signature), _folder["theirs"], null, PublishedKey);

        Assert.Equal(["signme-1", "signme-2"], manifest.Resources.Select(file => file.Name));
        Assert.Equal(PublishedRoot, manifest.RootDigest);
    }

    [Fact]
    public void The_published_bundle_with_another_predicate_is_refused()
    {
        // invalid-payload/wrong-predicate.bundle.json is the valid one with this type in its payload.
        (string payload, string signature) = Published.First().Data;
        string text = System.Text.Encoding.UTF8.GetString(Convert.FromBase64String(payload)).Replace(
            "https://model_signing/signature/v1.0", "https://example.com/wrong-predicate/v1.0",
            StringComparison.Ordinal);

        AssertRefused(
            "The signature does not hold.",
            () => ModelSignature.ReadSigned(PublishedBundle(ToBase64(text), signature), PublishedKey));
    }

    [Fact]
    public void The_published_bundle_without_an_envelope_is_refused()
    {
        JsonObject bundle = JsonNode.Parse(PublishedBundle("", "").Span)!.AsObject();
        bundle.Remove("dsseEnvelope");

        AssertRefused("This is no model signature: ", () => ModelSignature.ReadSigned(ToBytes(bundle), PublishedKey));
    }

    [Fact]
    public void A_signed_folder_verifies_and_lists_its_files_in_order()
    {
        File.WriteAllText(_folder["m/B"], "upper case comes first");

        ModelManifest manifest = Verify(Sign());

        Assert.Equal("m", manifest.Name);
        Assert.Equal(["B", "model.json", "weights/layer-1"], manifest.Resources.Select(file => file.Name));
        string digests = string.Concat(manifest.Resources.Select(file => file.Sha256));
        Assert.Equal(
            Convert.ToHexStringLower(SHA256.HashData(Convert.FromHexString(digests))), manifest.RootDigest);
    }

    [Fact]
    public void Names_are_in_the_order_of_code_points_not_of_utf16_units()
    {
        File.WriteAllText(_folder["m/\uFF5Etilde"], "U+FF5E");
        File.WriteAllText(_folder["m/\U0001F9EAtube"], "U+1F9EA");

        Assert.Equal(
            ["model.json", "weights/layer-1", "\uFF5Etilde", "\U0001F9EAtube"],
            Verify(Sign()).Resources.Select(file => file.Name));
    }

    [Fact]
    public void The_signature_inside_the_model_is_no_part_of_it()
    {
        File.WriteAllBytes(_folder["m/model.sig"], Sign("model.sig").ToArray());

        Assert.Equal(2, Verify(Sign("model.sig"), "model.sig").Resources.Count);
    }

    [Theory]
    [InlineData("m/model.json", "{ }", "model.json has the SHA-256 ")]
    [InlineData("m/extra", "x", "extra is not among the files that were signed.")]
    [InlineData("m/weights/layer-1", null, "weights/layer-1 was signed and is missing.")]
    public void A_changed_added_or_removed_file_is_named(string path, string? content, string sentence)
    {
        ReadOnlyMemory<byte> bundle = Sign();
        if (content is null)
        {
            File.Delete(_folder[path]);
        }
        else
        {
            File.WriteAllText(_folder[path], content);
        }

        AssertRefused(sentence, () => Verify(bundle));
    }

    [Fact]
    public void Another_key_than_the_signers_is_refused()
    {
        using RecordKey other = RecordKey.Generate();

        AssertRefused(
            "The bundle was signed by the key ",
            () => ModelSignature.ReadSigned(Sign(), ModelSignature.PemOf(other.PublicKey)));
    }

    [Fact]
    public void Without_the_hint_the_signature_itself_decides()
    {
        using RecordKey other = RecordKey.Generate();
        JsonObject bundle = JsonNode.Parse(Sign().Span)!.AsObject();
        bundle["verificationMaterial"]!["publicKey"]!.AsObject().Remove("hint");

        AssertRefused(
            "The signature does not hold.",
            () => ModelSignature.ReadSigned(ToBytes(bundle), ModelSignature.PemOf(other.PublicKey)));
        Assert.Equal(2, ModelSignature.ReadSigned(ToBytes(bundle), Pem).Resources.Count);
    }

    [Theory]
    [InlineData("mediaType", "application/json", "The bundle's mediaType must be ")]
    [InlineData("payloadType", "application/json", "The envelope must hold one ")]
    [InlineData("sig", "AAAA", "The signature does not hold.")]
    public void A_changed_field_of_the_bundle_is_refused(string field, string value, string sentence)
    {
        JsonObject bundle = JsonNode.Parse(Sign().Span)!.AsObject();
        JsonNode envelope = bundle["dsseEnvelope"]!;
        JsonObject holder = (field switch
        {
            "mediaType" => bundle,
            "sig" => envelope["signatures"]![0]!,
            _ => envelope,
        }).AsObject();
        holder[field] = value;

        AssertRefused(sentence, () => ModelSignature.ReadSigned(ToBytes(bundle), Pem));
    }

    [Theory]
    [InlineData("\"_type\":\"https://in-toto.io/Statement/v1\"", "\"_type\":\"x\"", "_type must be ")]
    [InlineData("signature/v1.0", "Digests/v0.1", "predicateType must be ")]
    [InlineData("\"method\":\"files\"", "\"method\":\"shards\"", "serialization must be by files")]
    [InlineData("\"hash_type\":\"sha256\"", "\"hash_type\":\"blake3\"", "hash_type must be sha256")]
    [InlineData("\"allow_symlinks\":false", "\"allow_symlinks\":true", "links are not followed")]
    [InlineData("\"name\":\"model.json\"", "\"name\":\"../model.json\"", "'../model.json' is no path inside a model")]
    [InlineData("\"name\":\"model.json\"", "\"name\":\"weights/layer-1\"", "no file may be listed twice")]
    [InlineData("\"sha256\":\"", "\"sha256\":\"00", "the subject's digest must be ")]
    public void A_validly_signed_statement_that_breaks_a_rule_is_refused(string old, string changed, string rule)
    {
        JsonObject bundle = JsonNode.Parse(Sign().Span)!.AsObject();
        JsonNode envelope = bundle["dsseEnvelope"]!;
        string statement = System.Text.Encoding.UTF8.GetString(
            Convert.FromBase64String(envelope["payload"]!.GetValue<string>()));
        Assert.Contains(old, statement, StringComparison.Ordinal);
        statement = statement.Replace(old, changed, StringComparison.Ordinal);
        envelope["payload"] = ToBase64(statement);
        envelope["signatures"]![0]!["sig"] = Convert.ToBase64String(DerSignature(statement));

        AssertRefused(
            "The signed statement breaks a rule: " + rule, () => ModelSignature.ReadSigned(ToBytes(bundle), Pem));
    }

    [Fact]
    public void An_empty_model_and_a_link_are_not_signed()
    {
        Directory.CreateDirectory(_folder["empty"]);
        AssertRefused(
            _folder["empty"] + " holds no file", () => ModelSignature.Sign(_folder["empty"], [], _key));

        File.CreateSymbolicLink(_folder["m/link"], "model.json");
        AssertRefused("link is a link", () => ModelSignature.Sign(_folder["m"], [], _key));
    }

    private string Pem => ModelSignature.PemOf(_key.PublicKey);

    private ReadOnlyMemory<byte> Sign(params string[] ignored) => ModelSignature.Sign(_folder["m"], ignored, _key);

    private ModelManifest Verify(ReadOnlyMemory<byte> bundle, string? inside = null) =>
        ModelSignature.Verify(bundle, _folder["m"], inside, Pem);

    // The class library makes the DER form here, apart from the one under test.
    private byte[] DerSignature(string statement)
    {
        _key.Save(_folder["key.pem"]);
        using ECDsa key = ECDsa.Create();
        key.ImportFromPem(File.ReadAllText(_folder["key.pem"]));
        byte[] payload = System.Text.Encoding.UTF8.GetBytes(statement);
        return key.SignData(
            Envelope.PreAuthenticationEncoding("application/vnd.in-toto+json", payload), HashAlgorithmName.SHA256,
            DSASignatureFormat.Rfc3279DerSequence);
    }

    private static ReadOnlyMemory<byte> PublishedBundle(string payload, string signature) => ToBytes(new JsonObject
    {
        ["mediaType"] = "application/vnd.dev.sigstore.bundle.v0.3+json",
        ["verificationMaterial"] = new JsonObject
        {
            ["publicKey"] = new JsonObject
            {
                ["hint"] = "e8450dec4eb99dae995da9af1bc2cc9f76ed669ee2e744f57abba763df3e3f8e",
            },
        },
        ["dsseEnvelope"] = new JsonObject
        {
            ["payload"] = payload,
            ["payloadType"] = "application/vnd.in-toto+json",
            ["signatures"] = new JsonArray(new JsonObject { ["sig"] = signature }),
        },
    });

    private static ReadOnlyMemory<byte> ToBytes(JsonObject bundle) =>
        System.Text.Encoding.UTF8.GetBytes(bundle.ToJsonString());

    private static string ToBase64(string text) => Convert.ToBase64String(System.Text.Encoding.UTF8.GetBytes(text));

    private static void AssertRefused(string sentence, Func<object> act) =>
        Assert.StartsWith(sentence, Assert.Throws<ModelSignatureException>(act).Message, StringComparison.Ordinal);
}
