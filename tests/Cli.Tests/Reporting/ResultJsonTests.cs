using System.Text.Json;
using DigitalTwin.Cli.Reporting;

namespace DigitalTwin.Cli.Tests.Reporting;

// Goal: other programs can rely on the document. Method: the keys are listed here by hand, in order, and compared with
// a whole document; values that JSON cannot carry and documents that are not of a run are refused.
public sealed class ResultJsonTests
{
    public static TheoryData<string, string> Keys => new()
    {
        {
            "",
            "study verdict seed rounds sites pooledTest comparator model privacy ledger seconds reason notes processes"
        },
        { "rounds.0", "n loss bytesPerSite seconds purpose lossOn" },
        { "rounds.0.bytesPerSite", "cleveland hungarian switzerland va-long-beach" },
        {
            "sites.0",
            "name rows trainRows testRows metrics local epsilon delta flags verdict reason bytesSent updates"
        },
        { "sites.0.metrics", "accuracy auroc brier calibrationSlope" },
        { "sites.0.local", "accuracy auroc" },
        { "pooledTest", "accuracy auroc brier calibrationSlope" },
        { "comparator", "pooled" },
        { "comparator.pooled", "accuracy auroc" },
        { "model", "kind features coefficients intercept mean sd objective sha256" },
        { "privacy", "noise clip sigma sampling steps accountant protection" },
        { "ledger", "authorization data cosignatures quorum" },
        { "ledger.authorization", "size root" },
        { "ledger.data", "size root" },
    };

    [Theory]
    [MemberData(nameof(Keys))]
    public void Every_object_has_its_keys_in_order(string path, string keys)
    {
        using JsonDocument document = JsonDocument.Parse(ResultJson.Write(SampleRun.Private()));

        Assert.Equal(keys.Split(' '), At(document, path).EnumerateObject().Select(property => property.Name));
    }

    [Theory]
    [InlineData("sites.2.metrics.auroc")]
    [InlineData("sites.2.local.auroc")]
    [InlineData("rounds.0.loss")]
    [InlineData("model.objective")]
    [InlineData("reason")]
    public void An_undefined_value_is_written_as_null(string path)
    {
        using JsonDocument document = JsonDocument.Parse(ResultJson.Write(SampleRun.Private()));

        Assert.Equal(JsonValueKind.Null, At(document, path).ValueKind);
    }

    [Fact]
    public void Without_differential_privacy_epsilon_and_delta_are_null()
    {
        using JsonDocument document = JsonDocument.Parse(ResultJson.Write(SampleRun.Exact()));

        Assert.All(document.RootElement.GetProperty("sites").EnumerateArray(), site =>
        {
            Assert.Equal(JsonValueKind.Null, site.GetProperty("epsilon").ValueKind);
            Assert.Equal(JsonValueKind.Null, site.GetProperty("delta").ValueKind);
        });
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(double.NegativeInfinity)]
    public void A_number_that_is_none_is_refused(double number)
    {
        RunResult run = SampleRun.Private();

        Assert.Throws<ArgumentException>(() => ResultJson.Write(run with { Seconds = number }));
        Assert.Throws<ArgumentException>(
            () => ResultJson.Write(run with { PooledTest = run.PooledTest with { Auroc = number } }));
    }

    [Fact]
    public void What_was_written_is_read_back_to_the_last_bit()
    {
        RunResult run = SampleRun.Private() with
        {
            Seed = ulong.MaxValue,
            Seconds = 0.1 + 0.2,
            Notes = ["Größe ≤ 3 <b>"],
        };
        string written = ResultJson.Write(run);

        RunResult read = ResultJson.Read(written);

        Assert.Equal(written, ResultJson.Write(read));
        Assert.Equal(ulong.MaxValue, read.Seed);
        Assert.Equal(0.1 + 0.2, read.Seconds);
        Assert.Equal(run.Notes, read.Notes);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("{\"study\":\"a\",\"study\":\"b\"}")]
    [InlineData("")]
    public void A_text_that_is_not_the_document_of_a_run_is_refused(string text)
    {
        Assert.Throws<JsonException>(() => ResultJson.Read(text));
    }

    [Fact]
    public void A_missing_list_is_refused_rather_than_read_as_null()
    {
        string written = ResultJson.Write(SampleRun.Private() with { Rounds = [] });

        Assert.Throws<JsonException>(() => ResultJson.Read(written.Replace("\"rounds\": []", "\"rounds\": null")));
    }

    private static JsonElement At(JsonDocument document, string path)
    {
        JsonElement element = document.RootElement;
        foreach (string step in path.Split('.', StringSplitOptions.RemoveEmptyEntries))
        {
            element = int.TryParse(step, out int index) ? element[index] : element.GetProperty(step);
        }

        return element;
    }
}
