using Grpc.Core;

namespace DigitalTwin.Rpc.Tests.Calls;

// Goal: metadata holds only what HTTP/2 can carry and cannot be changed behind its owner's back. Method: the rules of
// doc/PROTOCOL-HTTP2.md of gRPC ("Custom-Metadata") one by one, with the neighbours that must be refused.
public sealed class MetadataTests
{
    [Theory]
    [InlineData("a")]
    [InlineData("round-7_b.c")]
    [InlineData("0")]
    [InlineData("-bin-not-at-the-end")]
    public void A_key_of_permitted_characters_is_taken(string key)
    {
        Metadata metadata = new() { { key, "value" } };

        Assert.Equal("value", metadata.GetValue(key));
    }

    [Theory]
    [InlineData("")]
    [InlineData(" ")]
    [InlineData("a b")]
    [InlineData("a:b")]
    [InlineData(":path")]
    [InlineData("a\nb")]
    [InlineData("zürich")]
    // The Kelvin sign, whose lower case is an ordinary k.
    [InlineData("\u212aey")]
    public void A_key_of_other_characters_is_refused(string key)
    {
        Assert.Throws<ArgumentException>(() => new Metadata { { key, "value" } });
        Assert.Throws<ArgumentException>(() => new Metadata { { key + "!-bin", [1] } });
    }

    [Fact]
    public void Keys_are_kept_in_lower_case_and_found_in_any()
    {
        Metadata metadata = new() { { "X-Round", "7" } };

        Assert.Equal("x-round", metadata[0].Key);
        Assert.Equal("7", metadata.GetValue("x-ROUND"));
    }

    [Fact]
    public void The_suffix_decides_between_text_and_bytes()
    {
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("key-bin", "text"));
        Assert.Throws<ArgumentException>(() => new Metadata.Entry("key", [1, 2]));
        Assert.True(new Metadata.Entry("key-BIN", [1, 2]).IsBinary);
        Assert.False(new Metadata.Entry("key", "text").IsBinary);
    }

    [Fact]
    public void Bytes_cannot_be_read_as_text_but_text_can_as_bytes()
    {
        Metadata.Entry bytes = new("key-bin", [0xc3, 0x28]);

        Assert.Throws<InvalidOperationException>(() => bytes.Value);
        Assert.Equal("[Entry: key=key-bin, valueBytes=c328]", bytes.ToString());
        Assert.Equal("text"u8.ToArray(), new Metadata.Entry("key", "text").ValueBytes);
    }

    [Fact]
    public void Bytes_are_copied_on_the_way_in_and_out()
    {
        byte[] given = [1, 2, 3];
        Metadata.Entry entry = new("key-bin", given);

        given[0] = 9;
        entry.ValueBytes[1] = 9;

        Assert.Equal([1, 2, 3], entry.ValueBytes);
    }

    [Fact]
    public void A_repeated_key_keeps_every_value_and_gives_the_last()
    {
        Metadata metadata = new() { { "site", "a" }, { "other", "x" }, { "Site", "b" } };

        Assert.Equal(["a", "b"], metadata.GetAll("site").Select(entry => entry.Value));
        Assert.Equal("b", metadata.GetValue("site"));
    }

    [Fact]
    public void What_is_absent_is_null()
    {
        Assert.Null(Metadata.Empty.Get("key"));
        Assert.Null(Metadata.Empty.GetValue("key"));
        Assert.Null(Metadata.Empty.GetValueBytes("key-bin"));
        Assert.Empty(Metadata.Empty.GetAll("key"));
    }

    [Fact]
    public void The_empty_metadata_everybody_shares_cannot_be_changed()
    {
        Metadata.Entry entry = new("key", "value");

        Assert.True(Metadata.Empty.IsReadOnly);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Add(entry));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Insert(0, entry));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty[0] = entry);
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.Remove(entry));
        Assert.Throws<InvalidOperationException>(() => Metadata.Empty.RemoveAt(0));
        Assert.Throws<InvalidOperationException>(Metadata.Empty.Clear);
        Assert.Empty(Metadata.Empty);
    }

    [Fact]
    public void It_is_a_list()
    {
        Metadata.Entry first = new("a", "1");
        Metadata.Entry second = new("b", "2");
        Metadata metadata = [second];

        metadata.Insert(0, first);
        Assert.Equal([first, second], metadata);
        Assert.Equal(1, metadata.IndexOf(second));

        metadata[1] = first;
        metadata.RemoveAt(0);
        Assert.Equal([first], metadata);

        Assert.True(metadata.Remove(first));
        Assert.DoesNotContain(first, metadata);
    }
}
