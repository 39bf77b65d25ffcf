using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Tests.Tables;
using DigitalTwin.Documents;

namespace DigitalTwin.Clinical.Tests.Contracts;

/// <summary>A contract with a series says all that a reader needs, and one that contradicts itself is
/// refused.</summary>
public sealed class ContractSeriesTests
{
    private const string Signals = "signals:";

    [Fact]
    public void The_built_in_series_has_the_37_signals_of_the_challenge()
    {
        DataContract contract = DataContract.Embedded("icu-mortality/v1");

        Assert.Equal((48, 37), (contract.Steps, contract.Series!.Signals.Count));
        Assert.Equal(3 * (2 + 37), contract.Inputs.Count);
        Assert.Equal("record", contract.Series.Record);
        Assert.Equal("NIDiasABP", contract.Series.Signals.Single(signal => signal.Name == "ni-dias-abp").Written);
        Assert.All(contract.Series.Signals, signal => Assert.True(signal.Range.Contains(signal.ReferenceMean)));
    }

    [Theory]
    [InlineData("record: record,", "record: age,", "series.record: age is no identifier")]
    [InlineData("hours: 4,", "hours: 0,", "series.hours")]
    [InlineData("stepMinutes: 60", "stepMinutes: 7", "series.stepMinutes: 4 hours must be 2 to 4096 whole steps")]
    [InlineData("stepMinutes: 60", "stepMinutes: 240", "series.stepMinutes: 4 hours must be 2 to 4096 whole steps")]
    [InlineData("- name: lactate", "- name: hr", "signals[1].name: hr is there already")]
    [InlineData("- name: lactate", "- name: age", "signals[1].name: age is there already")]
    [InlineData("- name: lactate", "- name: lactate\n    written: HR", "signals[1]: two signals are written HR")]
    [InlineData("from: 20, to: 300", "from: 300, to: 20", "signals[0].range: from must be below to")]
    [InlineData("referenceSd: 15", "referenceSd: 0", "signals[0].referenceSd")]
    [InlineData("column: died,", "column: record,", "label.column: record names a patient")]
    [InlineData("column: age,", "column: record,", "features[0].column: record names a patient")]
    [InlineData("type: identifier", "type: identifier\n    range: { from: 1, to: 2 }", "columns[0].range: does not")]
    [InlineData("series: {", "serie: {", "serie")]
    public void A_series_that_contradicts_itself_is_refused(string valid, string faulty, string message)
    {
        string text = SeriesCohortReaderTests.Contract.ReplaceLineEndings("\n");
        Assert.Contains(valid, text, StringComparison.Ordinal);

        DocumentException refused = Assert.Throws<DocumentException>(
            () => DataContract.Parse("two.yaml", text.Replace(valid, faulty, StringComparison.Ordinal)));

        Assert.Contains(message, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Signals_need_a_series_and_a_series_signals()
    {
        string text = SeriesCohortReaderTests.Contract.ReplaceLineEndings("\n");
        string withoutSeries = text.Replace(
            "series: { record: record, hours: 4, stepMinutes: 60 }\n", "", StringComparison.Ordinal);
        string withoutSignals = text[..text.IndexOf(Signals, StringComparison.Ordinal)];

        Assert.Contains(
            "signals belong to a series",
            Assert.Throws<DocumentException>(() => DataContract.Parse("two.yaml", withoutSeries)).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            Signals.TrimEnd(':'),
            Assert.Throws<DocumentException>(() => DataContract.Parse("two.yaml", withoutSignals)).Message,
            StringComparison.Ordinal);
    }
}
