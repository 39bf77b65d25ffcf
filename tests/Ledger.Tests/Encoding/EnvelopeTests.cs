using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Tests.Encoding;

// Goal: a record that verifies was signed by that key over those very bytes. Method: sign, then change leaf, key,
// payload and structure.
public sealed class EnvelopeTests : IDisposable
{
    private readonly RecordKey _key = RecordKey.Generate();

    public void Dispose() => _key.Dispose();

    [Fact]
    public void The_signed_bytes_follow_the_dsse_specification()
    {
        // The worked example of the DSSE protocol text.
        byte[] encoded = Envelope.PreAuthenticationEncoding("http://example.com/HelloWorld", "hello world"u8);

        Assert.Equal("DSSEv1 29 http://example.com/HelloWorld 11 hello world"u8, encoded);
    }

    [Fact]
    public void A_signed_statement_comes_back_from_its_leaf()
    {
        Envelope signed = Envelope.Sign(Sample(), _key);

        Envelope read = Envelope.Parse(signed.Leaf);

        Assert.True(read.Verify(_key.PublicKey));
        Assert.Equal(_key.KeyId, read.KeyId);
        Assert.Equal("round-opened", read.Statement.Name);
        Assert.Equal(Sample().Subjects, read.Statement.Subjects);
        Assert.True(JsonNode.DeepEquals(Sample().Predicate, read.Statement.Predicate));
        Assert.Equal(signed.Leaf.ToArray(), read.Leaf.ToArray());
    }

    [Fact]
    public void Another_key_does_not_verify()
    {
        using RecordKey other = RecordKey.Generate();

        Assert.False(Envelope.Sign(Sample(), _key).Verify(other.PublicKey));
        Assert.False(Envelope.Sign(Sample(), _key).Verify([]));
        Assert.False(Envelope.Sign(Sample(), _key).Verify(_key.PublicKey.AsSpan(1)));
    }

    [Fact]
    public void A_change_of_any_byte_of_the_leaf_is_refused_or_does_not_verify()
    {
        byte[] leaf = Envelope.Sign(Sample(), _key).Leaf.ToArray();
        for (int i = 0; i < leaf.Length; i++)
        {
            byte[] changed = [.. leaf];
            changed[i] ^= (byte)(1 << (i % 7));
            Assert.False(Verifies(changed), $"byte {i} of {leaf.Length}");
        }
    }

    [Theory]
    [InlineData("payloadType", "application/vnd.in-toto+xml")]
    [InlineData("payload", "e30")]
    [InlineData("payload", "e31=")]
    [InlineData("extra", "x")]
    public void An_envelope_of_another_form_is_refused(string field, string value)
    {
        JsonObject envelope = (JsonObject)CanonicalJson.Parse(Envelope.Sign(Sample(), _key).Leaf.Span);
        envelope[field] = value;

        Assert.ThrowsAny<FormatException>(() => Envelope.Parse(CanonicalJson.Serialize(envelope)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void Exactly_one_signature_is_accepted(int count)
    {
        JsonObject envelope = (JsonObject)CanonicalJson.Parse(Envelope.Sign(Sample(), _key).Leaf.Span);
        JsonNode signature = envelope["signatures"]![0]!;
        envelope["signatures"] = new JsonArray([.. Enumerable.Range(0, count).Select(_ => signature.DeepClone())]);

        Assert.Throws<RecordFormatException>(() => Envelope.Parse(CanonicalJson.Serialize(envelope)));
    }

    [Fact]
    public void A_leaf_longer_than_a_log_entry_is_refused()
    {
        Statement statement = Sample();
        statement.Predicate["text"] = new string('x', 60_000);

        RecordFormatException error = Assert.Throws<RecordFormatException>(() => Envelope.Sign(statement, _key));
        Assert.Contains("65535", error.Message);
    }

    [Fact]
    public void A_key_is_saved_for_its_owner_only_and_never_over_another()
    {
        string folder = Directory.CreateTempSubdirectory("dtwin-key-").FullName;
        try
        {
            string path = Path.Combine(folder, "identity.pem");
            _key.Save(path);
            using RecordKey loaded = RecordKey.Load(path);

            Assert.Equal(_key.PublicKey, loaded.PublicKey);
            Assert.True(RecordKey.Verify(_key.PublicKey, "m"u8, loaded.Sign("m"u8)));
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, new FileInfo(path).UnixFileMode);
            Assert.Throws<IOException>(() => _key.Save(path));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Statement Sample() => new(
        "round-opened",
        [new Subject("baseModel", Fields.Digest("model"))],
        new JsonObject { ["round"] = 1, ["title"] = "Köln" });

    private bool Verifies(byte[] leaf)
    {
        try
        {
            return Envelope.Parse(leaf).Verify(_key.PublicKey);
        }
        catch (FormatException)
        {
            return false;
        }
    }
}
