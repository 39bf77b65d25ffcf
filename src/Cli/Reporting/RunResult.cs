namespace DigitalTwin.Cli.Reporting;

/// <summary>All that is told about one run: the document behind <c>--json</c> and <c>result.json</c>.</summary>
/// <remarks>
/// The order of the parameters is the order of the keys. A number that is undefined is <see langword="null"/> and its
/// reason stands in the site's <see cref="SiteResult.Flags"/>; it is never 0.5, 0 or NaN.
/// </remarks>
/// <param name="Study">Name of the study, as in the study file.</param>
/// <param name="Verdict">One of the words of <see cref="Verdicts"/>.</param>
/// <param name="Seed">Seed of everything that is drawn at random in a seeded run.</param>
/// <param name="Rounds">Every round that closed, in order.</param>
/// <param name="Sites">Every hospital that was invited, in the order of the study.</param>
/// <param name="PooledTest">The federated model on the held-out rows of all hospitals taken together.</param>
/// <param name="Comparator">What training without the federation's limits would have given.</param>
/// <param name="Model">The trained model; null when the study failed before there was one.</param>
/// <param name="Privacy">The mechanism and its parameters.</param>
/// <param name="Ledger">Heads of the two logs at the end.</param>
/// <param name="Seconds">Wall-clock time of the whole run.</param>
/// <param name="Reason">Which hospital, why, and what to do, when the verdict is not complete; otherwise null.</param>
/// <param name="Notes">Sentences a reader of the numbers has to know.</param>
/// <param name="Processes">The coordinator and the hospitals as processes of this machine.</param>
public sealed record RunResult(
    string Study,
    string Verdict,
    ulong Seed,
    IReadOnlyList<RoundResult> Rounds,
    IReadOnlyList<SiteResult> Sites,
    Metrics PooledTest,
    ComparatorResult Comparator,
    ModelResult? Model,
    PrivacyResult Privacy,
    LedgerResult Ledger,
    double Seconds,
    string? Reason = null,
    IReadOnlyList<string>? Notes = null,
    IReadOnlyList<ProcessResult>? Processes = null);

/// <summary>One operating-system process of the run.</summary>
/// <param name="PeakMemoryBytes">Largest resident memory; null where the system does not tell.</param>
public sealed record ProcessResult(string Name, long? PeakMemoryBytes);

/// <summary>The words of <see cref="RunResult.Verdict"/>.</summary>
public static class Verdicts
{
    /// <summary>Every invited hospital took part in every round.</summary>
    public const string Complete = "complete";

    /// <summary>The study ended with a model, without everyone in every round.</summary>
    public const string Degraded = "degraded";

    /// <summary>The study ended without a final model.</summary>
    public const string Failed = "failed";
}

/// <summary>The words of <see cref="RoundResult.LossOn"/>.</summary>
public static class LossSources
{
    /// <summary>The loss is a sum over training rows and, in a private study, covered by ε.</summary>
    public const string Training = "training";

    /// <summary>The loss was measured on held-out rows, outside the differential-privacy guarantee.</summary>
    public const string HeldOut = "held-out";
}

/// <summary>One closed round.</summary>
/// <param name="N">Number of the round, from 1.</param>
/// <param name="Loss">Mean loss of the model that the round started from; null in rounds without one.</param>
/// <param name="BytesPerSite">Bytes on the wire that each hospital sent in this round, by name of the site.</param>
/// <param name="Seconds">Wall-clock time from opening to publishing.</param>
/// <param name="Purpose">What was summed: <c>standardisation</c>, <c>gradient</c>, <c>newton</c>, …</param>
/// <param name="LossOn">One of the words of <see cref="LossSources"/>, or null without a loss.</param>
public sealed record RoundResult(
    int N,
    double? Loss,
    IReadOnlyDictionary<string, long> BytesPerSite,
    double Seconds,
    string? Purpose = null,
    string? LossOn = null);

/// <summary>One hospital at the end of the run.</summary>
/// <param name="Name">Name under which the hospital is enrolled.</param>
/// <param name="Rows">Rows accepted under the data contract.</param>
/// <param name="TrainRows">Rows trained on.</param>
/// <param name="TestRows">Rows held out.</param>
/// <param name="Metrics">The federated model on this hospital's held-out rows.</param>
/// <param name="Local">This hospital training alone, on the same held-out rows.</param>
/// <param name="Epsilon">ε spent on this hospital's patients; null in a study without differential privacy.</param>
/// <param name="Delta">δ that belongs to <paramref name="Epsilon"/>; null together with it.</param>
/// <param name="Flags">Short codes for what a reader must know, such as <c>one-class-test</c>.</param>
/// <param name="Verdict">How the hospital fared: <c>contributed</c>, <c>declined</c>, <c>dropped</c>, …</param>
/// <param name="Reason">Why it declined or dropped, and what to do; otherwise null.</param>
/// <param name="BytesSent">Bytes on the wire over all rounds.</param>
/// <param name="Updates">SHA-256 of the hospital's own update in each round, hexadecimal.</param>
public sealed record SiteResult(
    string Name,
    int Rows,
    int TrainRows,
    int TestRows,
    Metrics Metrics,
    ComparatorMetrics Local,
    double? Epsilon,
    double? Delta,
    IReadOnlyList<string> Flags,
    string? Verdict = null,
    string? Reason = null,
    long? BytesSent = null,
    IReadOnlyList<string>? Updates = null);

/// <summary>How well predicted risks fit held-out rows; null where the rows do not define the number.</summary>
/// <param name="Accuracy">Share of rows classified rightly at risk 0.5, in [0, 1].</param>
/// <param name="Auroc">Area under the ROC curve, in [0, 1]; undefined when only one class is held out.</param>
/// <param name="Brier">Mean squared error of the risk, in [0, 1]; smaller is better.</param>
/// <param name="CalibrationSlope">Slope of the outcome's log-odds on the predicted log-odds; 1 is ideal.</param>
public sealed record Metrics(double? Accuracy, double? Auroc, double? Brier, double? CalibrationSlope = null);

/// <summary>The two numbers that a comparator is compared by; null where undefined.</summary>
public sealed record ComparatorMetrics(double? Accuracy, double? Auroc);

/// <summary>Models that were trained for comparison only, by pooling what the federation keeps apart.</summary>
/// <param name="Pooled">All rows in one place; null where nobody holds all rows, as in production.</param>
public sealed record ComparatorResult(ComparatorMetrics? Pooled);

/// <summary>The trained model. Vectors follow the order of <paramref name="Features"/>.</summary>
/// <param name="Kind">Kind of model, as in the study file: <c>logistic</c>, <c>mlp</c>, ….</param>
/// <param name="Features">Names of the inputs after encoding.</param>
/// <param name="Coefficients">One weight per standardised feature; null for a model that is not linear.</param>
/// <param name="Intercept">Intercept on the standardised scale; null for a model that is not linear.</param>
/// <param name="Mean">Mean subtracted from each feature, in the feature's unit.</param>
/// <param name="Sd">Standard deviation that divides each feature, in the feature's unit.</param>
/// <param name="Objective">Value of the training objective; null where no exact value was released.</param>
/// <param name="Sha256">Digest of the model file, hexadecimal.</param>
public sealed record ModelResult(
    string Kind,
    IReadOnlyList<string> Features,
    IReadOnlyList<double>? Coefficients,
    double? Intercept,
    IReadOnlyList<double> Mean,
    IReadOnlyList<double> Sd,
    double? Objective,
    string Sha256);

/// <summary>The mechanism that protected the updates.</summary>
/// <param name="Noise"><c>distributed</c>, <c>local</c> or <c>none</c>.</param>
/// <param name="Clip">L2 bound on one patient's share of an update; null without differential privacy.</param>
/// <param name="Sigma">
/// Standard deviation of the noise per coordinate, in the units of <paramref name="Clip"/>; σ/clip is the noise
/// multiplier.
/// </param>
/// <param name="Sampling">How rows enter a round, such as <c>full-batch</c>.</param>
/// <param name="Steps">Number of noised releases that the accountant composed.</param>
/// <param name="Accountant">Name of the composition that gave ε.</param>
/// <param name="Protection">How addends travel: <c>masks</c>, ….</param>
public sealed record PrivacyResult(
    string Noise,
    double? Clip,
    double? Sigma,
    string? Sampling,
    int? Steps,
    string? Accountant,
    string? Protection = null);

/// <summary>Heads of the two logs and who vouches for them.</summary>
/// <param name="Authorization">Members, roles, policies, studies.</param>
/// <param name="Data">Snapshots, rounds, contributions, sums, models.</param>
/// <param name="Cosignatures">Hospitals that co-signed the final checkpoint.</param>
/// <param name="Quorum">Cosignatures that make a checkpoint final.</param>
public sealed record LedgerResult(LogHead Authorization, LogHead Data, int Cosignatures, int Quorum);

/// <summary>Head of one log.</summary>
/// <param name="Size">Number of records.</param>
/// <param name="Root">Merkle root, as printed in the checkpoint (base64).</param>
public sealed record LogHead(long Size, string Root);
