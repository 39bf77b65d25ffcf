using DigitalTwin.Cli.Auditing;
using DigitalTwin.Cli.Reporting;
using DigitalTwin.Cli.Studies;
using DigitalTwin.Coordinator;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Participation;
using DigitalTwin.Ledger.Storage;
using Spectre.Console;

namespace DigitalTwin.Cli.Demo;

/// <summary>The demonstration: a whole consortium on one machine, from its first key to the verified ledger.</summary>
internal sealed class DemoRun(DemoOptions options, TimeProvider time)
{
    /// <summary>Short enough that a lost hospital is noticed while somebody watches.</summary>
    private static readonly TimeSpan Deadline = TimeSpan.FromSeconds(15);

    /// <summary>How long all four hospitals may take to enrol.</summary>
    private static readonly TimeSpan EnrolmentPatience = TimeSpan.FromSeconds(60);

    /// <summary>How long hospitals may take to write their own reports after the end.</summary>
    private static readonly TimeSpan ReportPatience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan LookAgain = TimeSpan.FromMilliseconds(50);

    private readonly long _start = time.GetTimestamp();

    /// <summary>Runs it and returns the exit code.</summary>
    public async Task<int> RunAsync(CancellationToken cancellationToken)
    {
        StudyDocument document = CompileStudy();
        IReadOnlyList<DemoSite> sites = PrepareFolder();
        LoadedData[] data = [.. sites.Select(site => SiteDataLoader.Load(site.Source))];
        Say($"Starting one coordinator and {sites.Count} hospitals as processes of their own on loopback …");
        StudyState study;
        StudyNarrator narrator;
        IReadOnlyList<ProcessResult> processes;
        ModelState? model;
        DemoConsortium consortium = await DemoConsortium.StartAsync(options, sites, time, cancellationToken);
        await using (consortium)
        {
            using StudyDesk desk = new(consortium.Researcher, time);
            (study, narrator) = await FollowAsync(desk, document, consortium, sites, cancellationToken);
            model = await FetchModelAsync(desk, study, cancellationToken);
            await WaitForReportsAsync(consortium, study, sites, cancellationToken);
            processes =
            [
                .. consortium.Children.Select(child => new ProcessResult(child.Name, child.PeakMemoryBytes())),
            ];
            await consortium.StopAsync();
        }

        string ledger = CopyLedger(consortium);
        AuditReport audit = AuditReport.Of(ledger, genesis: null);
        SiteReport?[] reports = [.. sites.Select(site => SiteReport.Read(consortium.FolderOf(site.Name), study.Name))];
        RunResult result = new ResultBuilder(document, study, narrator.Rounds, model, audit, processes)
            .Build(sites, data, reports, options.Seed, time.GetElapsedTime(_start));
        WriteResult(result, reports, document, model);
        Tell(result, audit);
        return audit.Passed ? ExitCodes.OfVerdict(study.Closing!.Verdict) : ExitCodes.NotVerified;
    }

    private StudyDocument CompileStudy()
    {
        if (options.StudyFile is { } file)
        {
            return File.Exists(file)
                ? StudyDesk.Compile(file, File.ReadAllText(file))
                : throw new CommandException(ExitCodes.Usage, $"There is no study file {file}.");
        }

        try
        {
            Study study = StudyTemplate.Create(
                "heart-risk",
                "Coronary disease from thirteen routine inputs, four hospitals",
                "heart-disease/v1",
                options.Model,
                options.Algorithm,
                options.Budget,
                options.Noise,
                options.Protection,
                Deadline,
                options.Seed % int.MaxValue);
            return StudyDesk.Compile("the demonstration's study", study.ToYaml());
        }
        catch (ArgumentException problem)
        {
            throw new CommandException(ExitCodes.Usage, problem.Message);
        }
    }

    private IReadOnlyList<DemoSite> PrepareFolder()
    {
        if (Directory.Exists(options.Output) && Directory.EnumerateFileSystemEntries(options.Output).Any())
        {
            throw new CommandException(
                ExitCodes.Environment, $"{options.Output} is not empty; choose another folder with --out.");
        }

        try
        {
            DurableFile.CreateFolder(options.Output);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new CommandException(ExitCodes.Environment, $"{options.Output} can't be written: {problem.Message}");
        }

        return DemoSites.Prepare(options);
    }

    private async Task<(StudyState Study, StudyNarrator Narrator)> FollowAsync(
        StudyDesk desk,
        StudyDocument document,
        DemoConsortium consortium,
        IReadOnlyList<DemoSite> sites,
        CancellationToken cancellationToken)
    {
        using RunProgress? progress = options.Json
            ? null
            : new RunProgress(AnsiConsole.Console, new StudyProgram(document).MostRounds);
        StudyNarrator narrator = new(progress, document.Study.DifferentialPrivacy is not null, time);
        using CancellationTokenSource watch = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<CommandException?> trouble = WatchAsync(desk, consortium, sites.Count, watch.Token);
        Task<StudyState> run = desk.RunAsync(
            document, replica => replica.Members.Hospitals().Count == sites.Count, narrator.Tell, watch.Token);
        if (await Task.WhenAny(run, trouble) == trouble && await trouble is { } problem)
        {
            await watch.CancelAsync();
            await run.ContinueWith(
                _ => { },
                CancellationToken.None,
                TaskContinuationOptions.None,
                TaskScheduler.Default);
            throw problem;
        }

        StudyState study = await run;
        await watch.CancelAsync();
        return (study, narrator);
    }

    // Before the study starts nobody but this process can notice that a hospital never came up.
    // Once it runs a lost hospital is the protocol's business, and only the coordinator's end is ours.
    private async Task<CommandException?> WatchAsync(
        StudyDesk desk, DemoConsortium consortium, int hospitals, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        while (!cancellationToken.IsCancellationRequested)
        {
            await Task.Delay(LookAgain, time, CancellationToken.None);
            if (consortium.CoordinatorEnded() is { } last)
            {
                return new CommandException(
                    ExitCodes.Environment, $"The coordinator ended: {last} See {options.Output}/logs/coordinator.log.");
            }

            if (desk.Replica.Members.Hospitals().Count >= hospitals)
            {
                continue;
            }

            if (consortium.FirstEnded() is (string name, string words))
            {
                return new CommandException(ExitCodes.Environment, $"{name} ended before the study started: {words}");
            }

            if (time.GetElapsedTime(start) > EnrolmentPatience)
            {
                return new CommandException(
                    ExitCodes.Environment,
                    $"Not all hospitals enrolled within {EnrolmentPatience.TotalSeconds:0} s; "
                        + $"see {options.Output}/logs.");
            }
        }

        return null;
    }

    private static async Task<ModelState?> FetchModelAsync(
        StudyDesk desk, StudyState study, CancellationToken cancellationToken) =>
        study.Closing?.Model is { } released
            ? ModelState.Parse(await desk.FetchAsync(released, cancellationToken))
            : null;

    private async Task WaitForReportsAsync(
        DemoConsortium consortium, StudyState study, IReadOnlyList<DemoSite> sites, CancellationToken cancellationToken)
    {
        long start = time.GetTimestamp();
        bool IsMissing(DemoSite site) =>
            !consortium.Children.Single(child => child.Name == site.Name).HasExited
            && SiteReport.Read(consortium.FolderOf(site.Name), study.Name) is null;
        while (sites.Any(IsMissing) && time.GetElapsedTime(start) < ReportPatience)
        {
            await Task.Delay(LookAgain, time, cancellationToken);
        }
    }

    private string CopyLedger(DemoConsortium consortium)
    {
        string source = new CoordinatorFolder(consortium.CoordinatorState).Ledger;
        string target = Path.Combine(options.Output, "ledger");
        foreach (string file in Directory.EnumerateFiles(source, "*", SearchOption.AllDirectories))
        {
            string copy = Path.Combine(target, Path.GetRelativePath(source, file));
            Directory.CreateDirectory(Path.GetDirectoryName(copy)!);
            File.Copy(file, copy);
        }

        return target;
    }

    private void WriteResult(
        RunResult result, IReadOnlyList<SiteReport?> reports, StudyDocument document, ModelState? model)
    {
        File.WriteAllText(Path.Combine(options.Output, "result.json"), ResultJson.Write(result) + "\n");
        if (model is not null)
        {
            ModelFile.Save(Path.Combine(options.Output, "model"), document, model);
        }

        ReportContext context = new(
            time.GetUtcNow(),
            DemoSites.Describe(options),
            document.Study.DifferentialPrivacy is null
                ? null
                : $"All noise of this run comes from seed {options.Seed}, so that it can be repeated. "
                    + "Whoever knows the seed can subtract it: a demonstration protects nobody. "
                    + "A node outside of the demo draws its own key.",
            OutsideGuarantee(document),
            "ledger");
        SitePlots[] plots =
        [
            .. reports.OfType<SiteReport>().Select(report => new SitePlots(
                report.Site,
                [.. report.Roc.Select(point => (point.FalsePositiveRate, point.TruePositiveRate))],
                [.. report.Calibration.Select(bin =>
                    new CalibrationBin(bin.MeanPrediction, bin.ObservedShare, bin.Rows))])),
        ];
        File.WriteAllText(Path.Combine(options.Output, "report.html"), HtmlReport.Write(result, plots, context));
    }

    private static string[] OutsideGuarantee(StudyDocument document) => document.Study.DifferentialPrivacy is null
        ?
        [
            "This study has no differential privacy: sums are opened exactly, "
                + "and what a sum tells about a patient is not bounded.",
        ]
        :
        [
            "The loss of each round and the metrics at the end are computed on held-out rows and carry no noise.",
            "Row-count and label-prevalence buckets, which hospitals publish when they accept a study, carry no noise.",
            "Exact row counts, curves and the local comparators in this report were read from the hospitals' own "
                + "folders on this machine; in production they stay there.",
        ];

    private void Tell(RunResult result, AuditReport audit)
    {
        if (options.Json)
        {
            Console.Out.WriteLine(ResultJson.Write(result));
        }
        else
        {
            ConsoleReport.Write(AnsiConsole.Console, result, Path.Combine(options.Output, "report.html"));
        }

        foreach (string sentence in audit.Sentences())
        {
            Console.Error.WriteLine($"ledger: {sentence}");
        }
    }

    private void Say(string sentence)
    {
        if (!options.Json)
        {
            AnsiConsole.WriteLine(sentence);
        }
    }
}
