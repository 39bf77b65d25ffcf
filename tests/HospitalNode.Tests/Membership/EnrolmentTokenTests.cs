using System.Buffers.Text;
using DigitalTwin.HospitalNode.Membership;

namespace DigitalTwin.HospitalNode.Tests.Membership;

// Goal: a token is read whole or refused with one sentence. Method: a good one, and the ways in which people spoil one
// when they copy it.
public sealed class EnrolmentTokenTests
{
    private static readonly string Secret = Base64Url.EncodeToString([.. Enumerable.Range(0, 32).Select(i => (byte)i)]);
    private static readonly string Pin = Base64Url.EncodeToString([.. Enumerable.Repeat((byte)0xab, 32)]);

    [Theory]
    [InlineData("{0}.{1}.{2}")]
    [InlineData("  {0}.{1}.{2}\n")]
    public void A_token_gives_secret_and_pin(string form)
    {
        EnrolmentToken token = EnrolmentToken.Parse(Of(form, "dt1", Secret, Pin));

        Assert.Equal([.. Enumerable.Range(0, 32).Select(i => (byte)i)], token.Secret);
        Assert.Equal(string.Concat(Enumerable.Repeat("ab", 32)), token.CoordinatorPin);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{0}.{1}")]
    [InlineData("{0}.{1}.{2}.{2}")]
    [InlineData("dt2.{1}.{2}")]
    [InlineData("{0}.{1}x.{2}")]
    [InlineData("{0}.{1}.")]
    [InlineData("{0}..{2}")]
    [InlineData("{0}.!{1}.{2}")]
    [InlineData("{0}.{1} {2}")]
    public void Anything_else_is_refused_with_one_sentence(string form)
    {
        NodeException refusal = Assert.Throws<NodeException>(() => EnrolmentToken.Parse(Of(form, "dt1", Secret, Pin)));

        Assert.StartsWith("This is no enrolment token", refusal.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refusal.Message, StringComparison.Ordinal);
    }

    private static string Of(string form, params object[] parts) =>
        string.Format(System.Globalization.CultureInfo.InvariantCulture, form, parts);
}
