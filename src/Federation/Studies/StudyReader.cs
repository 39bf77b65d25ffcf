using DigitalTwin.Documents;
using DigitalTwin.Privacy.DifferentialPrivacy;

namespace DigitalTwin.Federation.Studies;

/// <summary>The study schema, version 1: every field with its bounds and default.</summary>
internal static class StudyReader
{
    private static readonly TimeSpan ShortestDeadline = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestDeadline = TimeSpan.FromHours(24);
    private static readonly TimeSpan DefaultDeadline = TimeSpan.FromMinutes(5);

    public static Study Read(DocumentNode root)
    {
        root.AllowOnly(
            "version",
            "study",
            "title",
            "data",
            "model",
            "algorithm",
            "privacy",
            "sites",
            "rounds",
            "evaluation",
            "seed");
        root.Required("version").Integer(Study.SchemaVersion, Study.SchemaVersion);

        DocumentNode data = root.Required("data");
        data.AllowOnly("contract");
        ModelSpecification model = ReadModel(root.Required("model"));
        AlgorithmSpecification algorithm = ReadAlgorithm(root.Required("algorithm"), model.Kind);
        DocumentNode privacy = root.Required("privacy");
        DifferentialPrivacySpecification? dp = ReadPrivacy(privacy);
        RefuseImpossible(root, model, algorithm, dp);

        DocumentNode? sites = root.Optional("sites");
        sites?.AllowOnly("minimum", "onMissing");
        DocumentNode? rounds = root.Optional("rounds");
        rounds?.AllowOnly("deadline");
        DocumentNode? evaluation = root.Optional("evaluation");
        evaluation?.AllowOnly("perSite");

        return new Study
        {
            Name = root.Required("study").Identifier(),
            Title = root.Required("title").Text(),
            Contract = data.Required("contract").Text(100),
            Model = model,
            Algorithm = algorithm,
            Compact = ReadEncoding(privacy, algorithm.Kind, dp),
            Protection = StudyWords.ProtectionOf(
                privacy.Required("protection").OneOf([.. StudyWords.Protections])),
            DifferentialPrivacy = dp,
            MinimumSites = sites?.Optional("minimum")?.Integer(Study.FewestSites, 1000) ?? Study.FewestSites,
            OnMissing = sites?.Optional("onMissing")?.OneOf("degrade", "fail") == "fail"
                ? OnMissing.Fail
                : OnMissing.Degrade,
            Deadline = rounds?.Optional("deadline")?.Duration(ShortestDeadline, LongestDeadline) ?? DefaultDeadline,
            PerSiteMetrics = evaluation?.Optional("perSite")?.Boolean() ?? false,
            Seed = (ulong)(root.Optional("seed")?.Integer(0, int.MaxValue) ?? 1),
        };
    }

    private static ModelSpecification ReadModel(DocumentNode node)
    {
        node.AllowOnly("kind", "hidden", "kernel");
        ModelKind kind = StudyWords.ModelOf(node.Required("kind").OneOf([.. StudyWords.Models]));
        if (kind != ModelKind.Cnn1d && node.Optional("kernel") is { } misplaced)
        {
            throw misplaced.Problem("only a cnn1d has a kernel; remove the field.");
        }

        DocumentNode? hidden = node.Optional("hidden");
        return kind switch
        {
            ModelKind.Logistic => hidden is null
                ? new ModelSpecification(kind, [])
                : throw hidden.Problem(
                    "a logistic model has no hidden layers; remove the field or choose another kind."),
            ModelKind.Gru or ModelKind.GruD or ModelKind.Lstm =>
                new ModelSpecification(kind, [hidden?.Integer(1, 512) ?? 32]),
            ModelKind.Cnn1d => new ModelSpecification(kind, ReadWidths(node, hidden, 32), ReadKernel(node)),
            _ => new ModelSpecification(kind, ReadWidths(node, hidden, 16)),
        };
    }

    private static int[] ReadWidths(DocumentNode model, DocumentNode? hidden, int width)
    {
        int[] widths = hidden is null ? [width] : [.. hidden.Items().Select(item => item.Integer(1, 512))];
        return widths.Length is >= 1 and <= 4
            ? widths
            : throw model.Problem($"give one to four hidden layers, such as hidden: [{width}].");
    }

    // Odd, so that the window has a middle and the series keeps its length.
    private static int ReadKernel(DocumentNode model)
    {
        int kernel = model.Optional("kernel")?.Integer(1, 63) ?? 5;
        return kernel % 2 == 1 ? kernel : throw model.Required("kernel").Problem("give an odd number of steps.");
    }

    private static AlgorithmSpecification ReadAlgorithm(DocumentNode node, ModelKind model)
    {
        node.AllowOnly(
            "kind", "rounds", "l2", "learningRate", "momentum", "serverLearningRate", "localSteps", "batchSize");
        AlgorithmKind kind = node.Required("kind").OneOf("gradient", "newton", "fedavg", "fedadam") switch
        {
            "gradient" => AlgorithmKind.Gradient,
            "newton" => AlgorithmKind.Newton,
            "fedavg" => AlgorithmKind.FedAvg,
            _ => AlgorithmKind.FedAdam,
        };
        AlgorithmSpecification defaults = AlgorithmDefaults.Of(kind, model);
        return new AlgorithmSpecification(
            kind,
            node.Optional("rounds")?.Integer(1, Study.MostRounds) ?? defaults.Rounds,
            node.Optional("l2")?.Number(0, 1e6) ?? defaults.L2,
            node.Optional("learningRate")?.Number(1e-9, 1e3) ?? defaults.LearningRate,
            node.Optional("momentum")?.Number(0, 0.999) ?? defaults.Momentum,
            node.Optional("serverLearningRate")?.Number(1e-9, 1e3) ?? defaults.ServerLearningRate,
            node.Optional("localSteps")?.Integer(1, 100_000) ?? defaults.LocalSteps,
            node.Optional("batchSize")?.Integer(1, 1_000_000) ?? defaults.BatchSize);
    }

    private static DifferentialPrivacySpecification? ReadPrivacy(DocumentNode node)
    {
        node.AllowOnly("protection", "encoding", "dp");
        DocumentNode dp = node.Required("dp");
        if (dp.IsNull)
        {
            throw dp.Problem("say none, or give epsilon and delta.");
        }

        if (dp.IsScalar)
        {
            dp.OneOf("none");
            return null;
        }

        dp.AllowOnly("unit", "epsilon", "delta", "noise", "clip");
        dp.Optional("unit")?.OneOf("patient");
        PrivacyBudget budget = new(
            dp.Required("epsilon").Number(1e-3, 100),
            dp.Required("delta").Number(1e-12, 0.1));
        NoisePlacement noise = dp.Optional("noise")?.OneOf("distributed", "local") == "local"
            ? NoisePlacement.Local
            : NoisePlacement.Distributed;
        return new DifferentialPrivacySpecification(budget, noise, dp.Optional("clip")?.Number(1e-6, 1e6) ?? 1.0);
    }

    private static CompactSpecification? ReadEncoding(
        DocumentNode privacy, AlgorithmKind algorithm, DifferentialPrivacySpecification? dp)
    {
        if (privacy.Optional("encoding") is not { } node)
        {
            return null;
        }

        node.AllowOnly("kind", "slotBits", "clip", "patients");
        if (node.Required("kind").OneOf("exact", "compact") == "exact")
        {
            return null;
        }

        return algorithm is AlgorithmKind.FedAvg or AlgorithmKind.FedAdam || dp is not null
            ? new CompactSpecification(
                node.Optional("slotBits")?.Integer(12, 48) ?? 24,
                node.Optional("clip")?.Number(1e-6, 1e6) ?? 10,
                node.Optional("patients")?.Integer(1, 10_000_000) ?? 10_000)
            : throw node.Problem(
                "newton and gradients without differential privacy need exact sums; "
                    + "say exact, or leave the field out.");
    }

    private static void RefuseImpossible(
        DocumentNode root,
        ModelSpecification model,
        AlgorithmSpecification algorithm,
        DifferentialPrivacySpecification? dp)
    {
        if (dp is not null && algorithm.Kind != AlgorithmKind.Gradient)
        {
            throw root.Required("algorithm").Problem(
                "only algorithm gradient is accounted for differential privacy; choose it, or set privacy.dp to none.");
        }

        if (algorithm.Kind == AlgorithmKind.Newton && model.Kind != ModelKind.Logistic)
        {
            throw root.Required("model").Problem(
                "newton solves logistic models only; choose gradient, fedavg or fedadam.");
        }
    }
}
