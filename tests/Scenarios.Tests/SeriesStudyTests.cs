using System.Globalization;
using System.Text;
using DigitalTwin.Cli.Demo;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Scenarios.Tests.Hosting;
using DigitalTwin.TestKit;

namespace DigitalTwin.Scenarios.Tests;

// Goal: a recurrent model on measurements over time goes the same way as a table does. Method: the real hosts, each
// with a folder of invented intensive care patients; those who die have a rising heart rate.
public sealed class SeriesStudyTests
{
    private const string Study = """
        version: 1
        study: icu
        title: Death in intensive care
        data: { contract: icu-mortality/v1 }
        model: { kind: gru, hidden: 4 }
        algorithm: { kind: fedavg, rounds: 2, localSteps: 20, batchSize: 16, learningRate: 0.1 }
        privacy: { protection: masks, dp: none }
        sites: { minimum: 3, onMissing: degrade }
        rounds: { deadline: 20s }
        evaluation: { perSite: true }
        """;

    [Fact]
    public async Task Four_units_train_a_recurrent_model_and_the_ledger_verifies()
    {
        using TemporaryFolder data = new();
        int units = 0;
        await using RunningConsortium consortium = await RunningConsortium.StartAsync(
            policyOf: _ => DemoPolicy.Yaml
                .Replace("heart-disease/v1", "icu-mortality/v1", StringComparison.Ordinal)
                .Replace("[logistic, mlp]", "[gru]", StringComparison.Ordinal),
            changed: _ => Unit(data[string.Create(CultureInfo.InvariantCulture, $"unit{units}")], (ulong)units++));

        StudyState study = await consortium.RunStudyAsync(Study);

        StudyAssert.Complete(study);
        Assert.Equal(4, study.Evaluations.Count);
        await consortium.AssertVerifiesAsync();
    }

    private static LoadedData Unit(string folder, ulong seed)
    {
        PhiloxStream random = new(seed, stream: 48);
        StringBuilder patients = new("record,age,sex,died\n");
        StringBuilder events = new("record,minute,signal,value\n");
        for (int patient = 0; patient < 60; patient++)
        {
            int died = patient % 3 == 0 ? 1 : 0;
            patients.Append(CultureInfo.InvariantCulture, $"p{patient},{60 + (patient % 20)},{patient % 2},{died}\n");
            for (int hour = 0; hour < 48; hour += 3)
            {
                double rate = 80 + (died * 0.8 * hour) + (10 * random.NextNormal());
                events.Append(CultureInfo.InvariantCulture, $"p{patient},{60 * hour},HR,{rate:0}\n");
            }
        }

        Directory.CreateDirectory(folder);
        File.WriteAllText(Path.Combine(folder, "patients.csv"), patients.ToString());
        File.WriteAllText(Path.Combine(folder, "events.csv"), events.ToString());
        return SiteDataLoader.Load(new DataSource(folder, "icu-mortality/v1", null, $"unit-{seed}"));
    }
}
