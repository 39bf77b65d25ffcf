using System.Diagnostics;
using System.Globalization;
using DigitalTwin.Scenarios.Challenge2012;

namespace DigitalTwin.Scenarios;

/// <summary>What to run, as the command line said it.</summary>
/// <param name="DataFolder">Folder of the four real files and FLamby's split; null for invented hospitals.</param>
/// <param name="Seeds">How many seeds, 0 to this minus one.</param>
/// <param name="AsJson">JSON instead of Markdown.</param>
internal sealed record ScenarioChoice(string? DataFolder, int Seeds, bool AsJson);

/// <summary>Runs one scenario and prints its table as Markdown, as <c>bench/README.md</c> holds it.</summary>
internal static class ScenarioCommand
{
    private const int DefaultSeeds = 10;
    private const int MostSeeds = 10_000;
    private const int UsageError = 2;

    private const string Challenge = "challenge2012";

    private const string Usage = """
        dotnet run -c Release --project bench/Scenarios -- <scenario> [--seeds 10] [--data DIR] [--json]

          flamby    FedAvg and FedAdam in FLamby's protocol and with federated standardisation
          private   the default study at epsilon 1, delta 1e-3, with distributed and with local noise
          sweep     the private study with 10 to 50 rounds and rates of 0.1 to 0.5
          newton    rounds to the pooled optimum and the distance from it

        DIR holds processed.*.data and flamby_split.csv; without --data the hospitals are invented.

          challenge2012   death in hospital from 48 hours of intensive care: logistic, GRU and GRU-D beside SAPS-I

        Its DIR holds set_a_long.csv.gz, set_a_static.csv and outcomes-a.csv, and cannot be left out; --seeds is the
        number of networks whose scores are averaged. Only this scenario knows --json.
        """;

    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors)
    {
        if (arguments.Length == 0
            || ChoiceOf(arguments[1..]) is not { } choice
            || (choice.AsJson && arguments[0] != Challenge))
        {
            await errors.WriteLineAsync(Usage);
            return UsageError;
        }

        if (arguments[0] == Challenge && choice.DataFolder is not null)
        {
            await output.WriteLineAsync(ChallengeScenario.Run(choice.DataFolder, choice.Seeds, choice.AsJson));
            return 0;
        }

        long start = Stopwatch.GetTimestamp();
        ScenarioHospitals hospitals = ScenarioHospitals.Load(choice.DataFolder);
        string? table = arguments[0] switch
        {
            "flamby" => await FlambyScenario.RunAsync(hospitals, choice.Seeds),
            "private" => await PrivateScenario.RunAsync(hospitals, choice.Seeds),
            "sweep" => await SweepScenario.RunAsync(hospitals, choice.Seeds),
            "newton" => await NewtonScenario.RunAsync(hospitals),
            _ => null,
        };
        if (table is null)
        {
            await errors.WriteLineAsync(Usage);
            return UsageError;
        }

        await output.WriteLineAsync(table);
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{hospitals.Description}, {hospitals.Rows(site => site.Train)} rows to train and "
                + $"{hospitals.Rows(site => site.Test)} to test; "
                + $"{Stopwatch.GetElapsedTime(start).TotalSeconds:F1} s."));
        return 0;
    }

    private static ScenarioChoice? ChoiceOf(string[] options)
    {
        ScenarioChoice choice = new(null, DefaultSeeds, AsJson: false);
        for (int i = 0; i < options.Length; i += 2)
        {
            if (options[i] == "--json")
            {
                choice = choice with { AsJson = true };
                i--;
                continue;
            }

            string? value = i + 1 < options.Length ? options[i + 1] : null;
            switch (options[i])
            {
                case "--data" when value is not null:
                    choice = choice with { DataFolder = value };
                    break;
                case "--seeds" when int.TryParse(value, CultureInfo.InvariantCulture, out int seeds)
                    && seeds is > 0 and <= MostSeeds:
                    choice = choice with { Seeds = seeds };
                    break;
                default:
                    return null;
            }
        }

        return choice;
    }
}
