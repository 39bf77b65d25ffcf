using DigitalTwin.Documents;

namespace DigitalTwin.Federation.Studies;

/// <summary>Why a node will not take part: the rule of its policy and a sentence.</summary>
public sealed record Refusal(string Rule, string Reason);

/// <summary>A hospital's floor: what its node may take part in. A study can only be stricter.</summary>
/// <remarks>
/// It fails closed: without a policy file, or with one that does not parse, the node takes part in nothing.
/// </remarks>
public sealed record NodePolicy
{
    public const int SchemaVersion = 1;

    internal NodePolicy()
    {
    }

    public required IReadOnlyList<string> Contracts { get; init; }

    public required IReadOnlyList<string> Models { get; init; }

    public required IReadOnlyList<string> Algorithms { get; init; }

    /// <summary>Whether studies without differential privacy are allowed at all.</summary>
    public required bool AllowWithoutDifferentialPrivacy { get; init; }

    /// <summary>Largest ε of one study.</summary>
    public required double MostEpsilonPerStudy { get; init; }

    /// <summary>Largest sum of ε over all studies on this node's patients (basic composition).</summary>
    public required double MostEpsilonInTotal { get; init; }

    public required double MostDelta { get; init; }

    /// <summary>Whether noise that relies on the other hospitals is allowed.</summary>
    public required bool AllowDistributedNoise { get; init; }

    public required int FewestSites { get; init; }

    public required int FewestRows { get; init; }

    /// <summary>Whether the node may publish metrics of its own held-out rows.</summary>
    public required bool AllowPerSiteMetrics { get; init; }

    /// <summary>Whether a person must approve each study on the node.</summary>
    public required bool PersonMustApprove { get; init; }

    /// <summary>Reads a policy.</summary>
    /// <exception cref="DocumentException">It is malformed.</exception>
    public static NodePolicy Parse(string file, string text)
    {
        DocumentNode root = DocumentNode.Parse(file, text);
        root.AllowOnly(
            "version", "contracts", "models", "algorithms", "privacy", "sites", "rows", "metrics", "approval");
        root.Required("version").Integer(SchemaVersion, SchemaVersion);
        DocumentNode privacy = root.Required("privacy");
        privacy.AllowOnly(
            "withoutDifferentialPrivacy", "mostEpsilonPerStudy", "mostEpsilonInTotal", "mostDelta", "distributedNoise");
        DocumentNode sites = root.Required("sites");
        sites.AllowOnly("fewest");
        DocumentNode rows = root.Required("rows");
        rows.AllowOnly("fewest");
        DocumentNode metrics = root.Required("metrics");
        metrics.AllowOnly("perSite");
        return new NodePolicy
        {
            Contracts = [.. root.Required("contracts").Items().Select(item => item.Text(100))],
            Models =
            [
                .. root.Required("models").Items().Select(item => item.OneOf([.. StudyWords.Models])),
            ],
            Algorithms =
            [
                .. root.Required("algorithms").Items()
                    .Select(item => item.OneOf("gradient", "newton", "fedavg", "fedadam")),
            ],
            AllowWithoutDifferentialPrivacy = privacy.Required("withoutDifferentialPrivacy").Boolean(),
            MostEpsilonPerStudy = privacy.Required("mostEpsilonPerStudy").Number(0, 100),
            MostEpsilonInTotal = privacy.Required("mostEpsilonInTotal").Number(0, 1000),
            MostDelta = privacy.Required("mostDelta").Number(0, 0.1),
            AllowDistributedNoise = privacy.Required("distributedNoise").Boolean(),
            FewestSites = sites.Required("fewest").Integer(Study.FewestSites, 1000),
            FewestRows = rows.Required("fewest").Integer(1, 1_000_000),
            AllowPerSiteMetrics = metrics.Required("perSite").Boolean(),
            PersonMustApprove = root.Required("approval").OneOf("automatic", "person") == "person",
        };
    }

    /// <summary>Holds a study against this policy.</summary>
    /// <param name="rows">Rows that the study would use here.</param>
    /// <param name="epsilonSpent">ε already spent on this node's patients by other studies.</param>
    /// <returns>The first rule that refuses, or null when the node may take part.</returns>
    public Refusal? Check(Study study, int rows, double epsilonSpent)
    {
        string model = StudyWords.NameOf(study.Model.Kind);
        string algorithm = StudyWriter.NameOf(study.Algorithm.Kind);
        if (!Contracts.Contains(study.Contract))
        {
            return new("contracts", $"Data contract {study.Contract} is not among {string.Join(", ", Contracts)}.");
        }

        if (!Models.Contains(model))
        {
            return new("models", $"Model kind {model} is not among {string.Join(", ", Models)}.");
        }

        if (!Algorithms.Contains(algorithm))
        {
            return new("algorithms", $"Algorithm {algorithm} is not among {string.Join(", ", Algorithms)}.");
        }

        if (study.MinimumSites < FewestSites)
        {
            return new(
                "sites.fewest",
                $"The study goes on with {study.MinimumSites} sites; this node asks for {FewestSites}.");
        }

        if (rows < FewestRows)
        {
            return new("rows.fewest", $"The cohort is smaller than the {FewestRows} rows that this node asks for.");
        }

        if (study.PerSiteMetrics && !AllowPerSiteMetrics)
        {
            return new(
                "metrics.perSite",
                "The study asks for this site's own metrics, which this node does not publish.");
        }

        return CheckPrivacy(study.DifferentialPrivacy, epsilonSpent);
    }

    private Refusal? CheckPrivacy(DifferentialPrivacySpecification? dp, double epsilonSpent)
    {
        if (dp is null)
        {
            return AllowWithoutDifferentialPrivacy
                ? null
                : new(
                    "privacy.withoutDifferentialPrivacy",
                    "The study has no differential privacy; this node demands it.");
        }

        double epsilon = dp.Budget.Epsilon;
        if (epsilon > MostEpsilonPerStudy)
        {
            return new(
                "privacy.mostEpsilonPerStudy",
                FormattableString.Invariant($"ε = {epsilon} is above {MostEpsilonPerStudy} per study."));
        }

        if (epsilon + epsilonSpent > MostEpsilonInTotal)
        {
            return new(
                "privacy.mostEpsilonInTotal",
                FormattableString.Invariant(
                    $"ε = {epsilon} on top of {epsilonSpent:0.###} spent is above {MostEpsilonInTotal} in total."));
        }

        if (dp.Budget.Delta > MostDelta)
        {
            return new(
                "privacy.mostDelta",
                FormattableString.Invariant($"δ = {dp.Budget.Delta} is above {MostDelta}."));
        }

        return dp.Noise == NoisePlacement.Distributed && !AllowDistributedNoise
            ? new(
                "privacy.distributedNoise",
                "Distributed noise relies on other hospitals; this node demands local noise.")
            : null;
    }
}
