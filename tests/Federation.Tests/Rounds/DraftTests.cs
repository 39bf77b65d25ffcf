using System.Globalization;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Federation.Tests.Rounds;

public sealed class DraftTests
{
    [Theory]
    [InlineData(0, "0")]
    [InlineData(1e-3, "0.001")]
    [InlineData(1e-5, "0.00001")]
    [InlineData(-2.5e-7, "-0.00000025")]
    [InlineData(1.2345678901234567e-5, "0.000012345678901234568")]
    [InlineData(1e21, "1000000000000000000000")]
    [InlineData(1.7976931348623157e300, null)]
    [InlineData(5e-324, null)]
    [InlineData(1.0 / 3, "0.3333333333333333")]
    public void A_number_is_written_without_exponent_and_reads_back_to_the_same_double(double value, string? expected)
    {
        string text = Draft.Number(value);

        Assert.DoesNotContain("E", text, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(value, double.Parse(text, CultureInfo.InvariantCulture));
        Assert.Equal(expected ?? text, text);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void A_value_that_is_not_finite_is_refused(double value) =>
        Assert.Throws<ArgumentException>(() => Draft.Number(value));

    [Fact]
    public void A_draft_knows_its_log_from_the_catalogue()
    {
        Assert.Equal(LogKind.Authorization, new Draft("study-accepted", []).Log);
        Assert.Equal(LogKind.Data, new Draft("study-closed", []).Log);
        Assert.Throws<InvalidOperationException>(() => new Draft("study-sung", []).Log);
    }
}
