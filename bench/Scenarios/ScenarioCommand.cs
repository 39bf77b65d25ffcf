using System.Diagnostics;
using System.Globalization;
using DigitalTwin.Scenarios.Challenge2012;

namespace DigitalTwin.Scenarios;

/// <summary>What to run, as the command line said it.</summary>
/// <param name="DataFolder">Folder of the real files; null for invented data.</param>
/// <param name="Seeds">How many seeds, 0 to this minus one; null for the scenario's own number.</param>
/// <param name="Noise">Noise multiplier that picks a setting; null for the first.</param>
/// <param name="AsJson">JSON instead of Markdown.</param>
internal sealed record ScenarioChoice(string? DataFolder, int? Seeds, double? Noise, bool AsJson);

/// <summary>Runs one scenario and prints its table as Markdown, as <c>bench/README.md</c> holds it.</summary>
internal static class ScenarioCommand
{
    private const int DefaultSeeds = 10;
    private const int MostSeeds = 10_000;
    private const int UsageError = 2;

    private const string Challenge = "challenge2012";

    private const string Usage = """
        dotnet run -c Release --project bench/Scenarios -- <scenario> [--seeds 10] [--data DIR] [--noise 1.3] [--json]

          flamby      FedAvg and FedAdam in FLamby's protocol and with federated standardisation
          private     the default study at epsilon 1, delta 1e-3, with distributed and with local noise
          sweep       the private study with 10 to 50 rounds and rates of 0.1 to 0.5
          newton      rounds to the pooled optimum and the distance from it
          icu         death in intensive care by four units; --data is the challenge's folder; one seed unless said
          mnist       DP-SGD at Opacus' settings for MNIST: --noise 1.3, 1.1 or 0.7; one seed unless said otherwise
          audit       canaries of the private trainer against what it claims
          membership  the likelihood-ratio attack on training rows: one model per seed, at least 3
          inversion   patients read back from gradients: bare, summed and noised

        DIR holds processed.*.data and flamby_split.csv, for mnist MNIST's four files, unpacked; without --data
        hospitals and images are invented.

          challenge2012   death in hospital from 48 hours of intensive care: logistic, GRU and GRU-D beside SAPS-I

        Its DIR, and that of icu, holds set_a_long.csv.gz, set_a_static.csv and outcomes-a.csv, and cannot be left out;
        --seeds is the number of networks whose scores are averaged. Only this scenario knows --json.
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

        switch (arguments[0])
        {
            case Challenge when choice.DataFolder is { } folder:
                await output.WriteLineAsync(
                    ChallengeScenario.Run(folder, choice.Seeds ?? DefaultSeeds, choice.AsJson));
                return 0;
            case "icu" when choice.DataFolder is { } folder:
                await output.WriteLineAsync(await IcuScenario.RunAsync(folder, choice.Seeds ?? 1, errors));
                return 0;
            case "mnist":
                return await RunMnistAsync(choice, output, errors);
            case "audit":
                await output.WriteLineAsync(AuditScenario.Run());
                return 0;
        }

        long start = Stopwatch.GetTimestamp();
        int seeds = choice.Seeds ?? DefaultSeeds;
        ScenarioHospitals hospitals = ScenarioHospitals.Load(choice.DataFolder);
        string? table = arguments[0] switch
        {
            "flamby" => await FlambyScenario.RunAsync(hospitals, seeds),
            "private" => await PrivateScenario.RunAsync(hospitals, seeds),
            "sweep" => await SweepScenario.RunAsync(hospitals, seeds),
            "newton" => await NewtonScenario.RunAsync(hospitals),
            "membership" => MembershipScenario.Run(hospitals, int.Max(3, seeds)),
            "inversion" => InversionScenario.Run(hospitals, seeds),
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

    private static async Task<int> RunMnistAsync(ScenarioChoice choice, TextWriter output, TextWriter errors)
    {
        DigitImages images = DigitImages.Load(choice.DataFolder);
        if (await MnistScenario.RunAsync(images, choice.Noise, choice.Seeds ?? 1, errors) is not { } table)
        {
            await errors.WriteLineAsync(Usage);
            return UsageError;
        }

        await output.WriteLineAsync(table);
        await output.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"{images.Description}: {images.TrainCount} images to train and {images.TestCount} to test."));
        return 0;
    }

    private static ScenarioChoice? ChoiceOf(string[] options)
    {
        ScenarioChoice choice = new(null, null, null, AsJson: false);
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
                case "--noise" when double.TryParse(value, CultureInfo.InvariantCulture, out double noise):
                    choice = choice with { Noise = noise };
                    break;
                default:
                    return null;
            }
        }

        return choice;
    }
}
