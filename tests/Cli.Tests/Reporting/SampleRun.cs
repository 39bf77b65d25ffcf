using DigitalTwin.Cli.Reporting;

namespace DigitalTwin.Cli.Tests.Reporting;

/// <summary>A run as the demo has it: four hospitals, one with a single class among its held-out rows.</summary>
/// <remarks>The figures are made up in the range of the heart-disease study; no test takes them for results.</remarks>
internal static class SampleRun
{
    public static readonly string[] Names = ["cleveland", "hungarian", "switzerland", "va-long-beach"];

    public static readonly string Digest = string.Concat(Enumerable.Repeat("0123456789abcdef", 4));

    public const string Root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";

    public static RunResult Private(int rounds = 24) => new(
        Study: "heart-risk",
        Verdict: Verdicts.Complete,
        Seed: 42,
        Rounds: [.. Enumerable.Range(1, rounds).Select(Round)],
        Sites:
        [
            Site(Names[0], 303, 199, new Metrics(0.827, 0.913, 0.127, 1.08), new ComparatorMetrics(0.817, 0.895), []),
            Site(Names[1], 261, 172, new Metrics(0.809, 0.881, 0.141, 0.93), new ComparatorMetrics(0.798, 0.872), []),
            Site(
                Names[2],
                46,
                30,
                new Metrics(0.875, null, 0.151, null),
                new ComparatorMetrics(1, null),
                ["one-class-training", "one-class-test", "constant-cholesterol"]),
            Site(Names[3], 130, 85, new Metrics(0.711, 0.702, 0.198, 0.61), new ComparatorMetrics(0.689, 0.651), []),
        ],
        PooledTest: new Metrics(0.791, 0.868, 0.148, 0.97),
        Comparator: new ComparatorResult(new ComparatorMetrics(0.799, 0.873)),
        Model: new ModelResult(
            "logistic",
            ["age", "sex", "chest pain: atypical", "resting pressure"],
            [0.182, 0.611, -0.402, 0.095],
            -0.133,
            [53.1, 0.76, 0.19, 132.4],
            [9.4, 0.43, 0.39, 18.1],
            null,
            Digest),
        Privacy: new PrivacyResult(
            "distributed", 1.0, 12.874, "full-batch", rounds, "Gaussian composition (exact)", "masks"),
        Ledger: new LedgerResult(new LogHead(18, Root), new LogHead(181, Root), 4, 3),
        Seconds: 17.4);

    /// <summary>The same without differential privacy.</summary>
    public static RunResult Exact()
    {
        RunResult run = Private(rounds: 6);
        return run with
        {
            Sites = [.. run.Sites.Select(site => site with { Epsilon = null, Delta = null })],
            Privacy = new PrivacyResult("none", null, null, "full-batch", null, null, "masks"),
        };
    }

    /// <summary>A run whose every text was chosen by an attacker.</summary>
    public static RunResult Hostile(string text)
    {
        RunResult run = Private(rounds: 2);
        return run with
        {
            Study = text,
            Verdict = text,
            Reason = text,
            Notes = [text],
            Rounds =
            [
                .. run.Rounds.Select(round => round with
                {
                    Purpose = text,
                    LossOn = text,
                    BytesPerSite = new Dictionary<string, long> { [text] = 1_500 },
                }),
            ],
            Sites = [run.Sites[0] with { Name = text, Verdict = text, Reason = text, Flags = [text] }],
            Model = run.Model! with { Kind = text, Sha256 = text, Features = [text, text, text, text] },
            Privacy = run.Privacy with { Noise = text, Sampling = text, Accountant = text, Protection = text },
            Ledger = run.Ledger with { Data = new LogHead(1, text) },
        };
    }

    public static IReadOnlyList<SitePlots> Plots() =>
    [
        .. Names.Select((name, i) => name == "switzerland"
            ? new SitePlots(name, [], [new CalibrationBin(0.81, 0.94, 16)])
            : new SitePlots(
                name,
                [.. Enumerable.Range(0, 41).Select(step => (step / 40.0, Math.Pow(step / 40.0, 0.12 + (0.1 * i))))],
                [
                    .. Enumerable.Range(0, 8).Select(bin => new CalibrationBin(
                        (bin + 0.5) / 8,
                        Math.Clamp(((bin + 0.5) / 8) + (0.09 * Math.Sin(bin + i)), 0, 1),
                        3 + (bin * (i + 2) % 11))),
                ])),
    ];

    public static ReportContext Context(string ledgerFolder = "demo/ledger") => new(
        new DateTimeOffset(2026, 11, 20, 12, 30, 0, TimeSpan.Zero),
        "Rows: four synthetic hospitals, seed 42.",
        "Noise was drawn from seed 42 so that the run can be repeated; whoever knows the seed can remove it.",
        [
            "Accuracy, AUROC, Brier score and calibration on held-out rows.",
            "The bucket of each hospital's row count and of its label prevalence.",
        ],
        ledgerFolder);

    private static RoundResult Round(int n) => new(
        n,
        n == 1 ? null : 0.44 + (0.25 * Math.Exp(-n / 6.0)),
        Names.ToDictionary(name => name, name => 1_180L + (n == 1 ? 620 : 0) + (name.Length * 7)),
        0.31,
        n == 1 ? "standardisation" : "gradient",
        n == 1 ? null : LossSources.Training);

    private static SiteResult Site(
        string name,
        int rows,
        int trainRows,
        Metrics metrics,
        ComparatorMetrics local,
        IReadOnlyList<string> flags) => new(
            name,
            rows,
            trainRows,
            rows - trainRows,
            metrics,
            local,
            Epsilon: 0.99996,
            Delta: 1e-3,
            flags,
            Verdict: "contributed",
            BytesSent: 29_812,
            Updates: [Digest]);
}
