using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;
using DigitalTwin.Models;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Optimisers;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Training;

namespace DigitalTwin.Scenarios.Challenge2012;

/// <summary>Death in hospital from the first 48 hours, beside SAPS-I, on patients that nothing was chosen on.</summary>
internal static class ChallengeScenario
{
    private const ulong SplitSeed = 1;
    private const int TimedEpochs = 3;

    private static readonly double[] Ridges = [1, 10, 100, 1000];

    private static readonly StaySetting[] Settings =
    [
        .. ((bool[])[false, true]).SelectMany(isGruD => ((int[])[32, 64])
            .SelectMany(hidden => ((double[])[0.01, 0.1]).Select(decay => new StaySetting(isGruD, hidden, decay)))),
    ];

    private static readonly JsonSerializerOptions Readable =
        new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase, WriteIndented = true };

    /// <param name="folder">Of set_a_long.csv.gz, set_a_static.csv and outcomes-a.csv.</param>
    /// <param name="networks">Networks of different seeds whose scores are averaged.</param>
    /// <param name="asJson">JSON; else Markdown.</param>
    public static string Run(string folder, int networks, bool asJson)
    {
        ChallengeFiles files = ChallengeFiles.Read(folder);
        PatientSplit split = PatientSplit.Of(files.Stays, SplitSeed);
        Standardisation standardisation = new(split.Fit);
        List<ChallengeRow> rows =
        [
            SapsRow(split),
            LogisticRow(split, standardisation),
            .. NetworkRows(split, standardisation, networks),
        ];
        ChallengeResult result = new(
            files.Stays.Count,
            split.Fit.Length,
            split.Validation.Length,
            split.Test.Length,
            split.Test.Count(stay => stay.Died),
            split.Test.Count(stay => stay.SapsI is not null),
            files.Readings,
            files.Implausible,
            rows,
            EpochSeconds(files.Stays, standardisation));
        return asJson ? JsonSerializer.Serialize(result, Readable) : Markdown(result);
    }

    private static ChallengeRow SapsRow(PatientSplit split)
    {
        IcuStay[] choosing = [.. split.Fit.Concat(split.Validation).Where(stay => stay.SapsI is not null)];
        double threshold = EventOne.BestThreshold(Saps(choosing), Died(choosing));

        // Where the score is unknown it says nothing: the mean of those known.
        double mean = Saps(choosing).Average();
        return ChallengeRow.Of(
            "SAPS-I", "–", split.Test, [.. split.Test.Select(stay => stay.SapsI ?? mean)], threshold);
    }

    private static ChallengeRow LogisticRow(PatientSplit split, Standardisation standardisation)
    {
        Table fit = StayAggregates.Of(split.Fit, standardisation);
        Table validation = StayAggregates.Of(split.Validation, standardisation);
        (double ridge, double[] parameters) = Ridges
            .Select(ridge => (Ridge: ridge, Parameters: LogisticFit.Fit(fit, ridge)))
            .MinBy(one => Margins(one.Parameters, validation)
                .Select((margin, i) => DeterministicMath.LogLoss(margin, validation.Label(i)))
                .Average());
        double threshold = EventOne.BestThreshold(Margins(parameters, validation), Died(split.Validation));
        return ChallengeRow.Of(
            "logistic",
            string.Create(CultureInfo.InvariantCulture, $"ridge {ridge}"),
            split.Test,
            Margins(parameters, StayAggregates.Of(split.Test, standardisation)),
            threshold);
    }

    // Settings by the validation loss of one network each; then as many networks as asked for with the best.
    // A network is trained on one thread, two of them at a time on two cores.
    private static IEnumerable<ChallengeRow> NetworkRows(
        PatientSplit split, Standardisation standardisation, int networks)
    {
        StaySeries fit = new(split.Fit, standardisation);
        StaySeries validation = new(split.Validation, standardisation);
        StaySeries test = new(split.Test, standardisation);
        StayNetwork[] tried = InParallel(Settings, setting => StayNetwork.Train(setting, fit, validation, seed: 0));
        foreach (IGrouping<bool, StayNetwork> kind in tried.GroupBy(network => network.Setting.IsGruD))
        {
            StaySetting best = kind.MinBy(network => network.ValidationLoss)!.Setting;
            StayNetwork[] chosen = InParallel(
                [.. Enumerable.Range(0, networks)],
                seed => seed == 0
                    ? kind.Single(network => network.Setting == best)
                    : StayNetwork.Train(best, fit, validation, (ulong)seed));
            double threshold = EventOne.BestThreshold(Average(chosen, validation), Died(split.Validation));
            string epochs = string.Join(", ", chosen.Select(network => network.Epoch));
            yield return ChallengeRow.Of(
                best.Name,
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{best.Hidden} units, decay {best.Decay}, mean of {networks}, epochs {epochs}"),
                split.Test,
                Average(chosen, test),
                threshold);
        }
    }

    // One pass over all 4,000 stays, on one thread: the best of a few.
    private static Dictionary<string, double> EpochSeconds(
        IReadOnlyList<IcuStay> stays, Standardisation standardisation)
    {
        StaySeries all = new(stays, standardisation);
        Dictionary<string, double> seconds = [];
        foreach (StaySetting setting in Settings.DistinctBy(one => (one.IsGruD, one.Hidden)))
        {
            Network network = new(StayNetwork.Description(setting));
            float[] parameters = network.InitialParameters(seed: 0);
            AdamWOptimiser optimiser = new(network.ParameterCount);
            NetworkWorkspace workspace = network.CreateWorkspace(StayNetwork.BatchRows);
            double least = double.PositiveInfinity;
            for (int epoch = 1; epoch <= TimedEpochs; epoch++)
            {
                long start = Stopwatch.GetTimestamp();
                StayNetwork.RunEpoch(network, parameters, optimiser, workspace, all, seed: 0, epoch);
                least = Math.Min(least, Stopwatch.GetElapsedTime(start).TotalSeconds);
            }

            seconds[$"{setting.Name}, {setting.Hidden} units"] = least;
        }

        return seconds;
    }

    private static string Markdown(ChallengeResult result)
    {
        StringBuilder text = new();
        text.AppendLine("| Model | Chosen | AUROC (95 %) | Event 1 |");
        text.AppendLine("|---|---|---|---|");
        foreach (ChallengeRow row in result.Models)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"| {row.Model} | {row.Chosen} | {row.Auroc:F4} ({row.Low:F4} to {row.High:F4}) | {row.EventOne:F4} |");
        }

        text.AppendLine();
        text.AppendLine(
            CultureInfo.InvariantCulture,
            $"{result.Patients} patients: {result.Fit} fit, {result.Validation} validate, {result.Test} test, of whom "
            + $"{result.TestDeaths} died and {result.TestWithSaps} have a SAPS-I; {result.Implausible} of "
            + $"{result.Readings} readings were not plausible.");
        foreach ((string model, double seconds) in result.EpochSeconds)
        {
            text.AppendLine(
                CultureInfo.InvariantCulture,
                $"One epoch over {result.Patients} patients × {IcuStay.Hours} h × {IcuStay.Signals} signals, {model}, "
                + $"one thread: {seconds:F2} s.");
        }

        return text.ToString();
    }

    private static StayNetwork[] InParallel<T>(T[] items, Func<T, StayNetwork> work)
    {
        StayNetwork[] results = new StayNetwork[items.Length];
        Parallel.For(0, items.Length, i => results[i] = work(items[i]));
        return results;
    }

    private static double[] Average(StayNetwork[] networks, StaySeries stays)
    {
        double[][] scores = [.. networks.Select(network => network.Scores(stays))];
        return [.. Enumerable.Range(0, stays.Count).Select(i => scores.Average(one => one[i]))];
    }

    private static double[] Saps(IEnumerable<IcuStay> stays) => [.. stays.Select(stay => (double)stay.SapsI!.Value)];

    private static bool[] Died(IEnumerable<IcuStay> stays) => [.. stays.Select(stay => stay.Died)];

    private static double[] Margins(double[] parameters, Table table) =>
        [.. Enumerable.Range(0, table.Rows).Select(i => Margin(parameters, table.Row(i)))];

    // The intercept stands last.
    private static double Margin(double[] parameters, ReadOnlySpan<double> row)
    {
        double sum = parameters[^1];
        for (int i = 0; i < row.Length; i++)
        {
            sum += parameters[i] * row[i];
        }

        return sum;
    }
}
