using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Documents;
using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Federation.Studies;

/// <summary>
/// One model input: its name and the public reference mean and standard deviation of the data contract.
/// </summary>
public sealed record FeatureReference(string Name, double Mean, double StandardDeviation);

/// <summary>
/// What the hospitals approve: the study together with the contract's digest and features, content-addressed.
/// </summary>
/// <remarks>
/// The contract itself lies at every hospital; naming its digest and features here lets the coordinator and an auditor
/// recompute each step without reading a data contract.
/// </remarks>
public sealed class StudyDocument
{
    /// <summary>Bound on the encoded document; a study is a page.</summary>
    public const int MostBytes = 262_144;

    /// <summary>Numbers of a patient, at most: all features of all steps.</summary>
    private const int MostColumns = 1_000_000;

    private StudyDocument(
        Study study, string contractSha256, IReadOnlyList<FeatureReference> features, int steps, byte[] bytes)
    {
        Study = study;
        ContractSha256 = contractSha256;
        Features = features;
        Steps = steps;
        Bytes = bytes;
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    public Study Study { get; }

    public string ContractSha256 { get; }

    /// <summary>The inputs of a step.</summary>
    public IReadOnlyList<FeatureReference> Features { get; }

    /// <summary>Steps of a patient: 1 unless the contract has a series.</summary>
    public int Steps { get; }

    /// <summary>Numbers of a patient: all features of all steps, step after step.</summary>
    public int Columns => Features.Count * Steps;

    /// <summary>The canonical encoding; its SHA-256 is the plan digest of every round.</summary>
    public byte[] Bytes { get; }

    public string Sha256 { get; }

    /// <summary>Means of <see cref="Features"/>, in their order.</summary>
    public double[] ReferenceMeans => [.. Features.Select(feature => feature.Mean)];

    /// <summary>Standard deviations of <see cref="Features"/>, in their order.</summary>
    public double[] ReferenceDeviations => [.. Features.Select(feature => feature.StandardDeviation)];

    /// <param name="yaml">The study as its author wrote it; kept to the letter.</param>
    /// <exception cref="DocumentException">The study is malformed, its model does not fit the contract, or its δ
    /// can't be kept with this many features.</exception>
    public static StudyDocument Create(
        string file, string yaml, string contractSha256, IReadOnlyList<FeatureReference> features, int steps = 1)
    {
        Study study = Study.Parse(file, yaml);
        JsonArray inputs = [];
        foreach (FeatureReference feature in features)
        {
            inputs.Add(new JsonObject
            {
                ["name"] = feature.Name,
                ["referenceDeviation"] = Decimal(feature.StandardDeviation),
                ["referenceMean"] = Decimal(feature.Mean),
            });
        }

        JsonObject root = new()
        {
            ["contract"] = study.Contract,
            ["contractSha256"] = contractSha256,
            ["features"] = inputs,
            ["study"] = yaml,
        };
        if (steps > 1)
        {
            root["steps"] = steps;
        }

        StudyDocument document = new(study, contractSha256, features, steps, CanonicalJson.Serialize(root));
        document.RefuseOtherShape(file, yaml);
        document.RefuseDeltaBelowTheGrid(file, yaml);
        return document;
    }

    /// <exception cref="FormatException">The bytes are no study document.</exception>
    public static StudyDocument Parse(byte[] bytes)
    {
        if (bytes.Length > MostBytes)
        {
            throw new FormatException($"A study document has at most {MostBytes} bytes, not {bytes.Length}.");
        }

        try
        {
            JsonNode root = CanonicalJson.Parse(bytes);
            FeatureReference[] features =
            [
                .. root["features"]!.AsArray().Select(feature => new FeatureReference(
                    feature!["name"]!.GetValue<string>(),
                    Number(feature["referenceMean"]!),
                    Number(feature["referenceDeviation"]!))),
            ];
            string yaml = root["study"]!.GetValue<string>();
            Study study = Study.Parse("study document", yaml);
            if (study.Contract != root["contract"]!.GetValue<string>())
            {
                throw new FormatException("The document names another data contract than its study.");
            }

            if (features.Length is < 1 or > 10_000 || features.Any(feature => !(feature.StandardDeviation > 0)))
            {
                throw new FormatException("The document needs 1 to 10000 features, each with a positive deviation.");
            }

            long steps = root["steps"]?.GetValue<long>() ?? 1;
            if (steps < 1 || steps > MostColumns / features.Length)
            {
                throw new FormatException($"A patient has 1 to {MostColumns} numbers in all steps.");
            }

            StudyDocument document = new(
                study, root["contractSha256"]!.GetValue<string>(), features, (int)steps, bytes);
            document.RefuseOtherShape("study document", yaml);
            document.RefuseDeltaBelowTheGrid("study document", yaml);
            return document;
        }
        catch (Exception problem) when (problem is NullReferenceException or InvalidOperationException
            or CanonicalJsonException or DocumentException)
        {
            throw new FormatException($"This is no study document: {problem.Message}", problem);
        }
    }

    private void RefuseOtherShape(string file, string yaml)
    {
        bool readsSteps = StudyWords.ReadsSteps(Study.Model.Kind);
        if (readsSteps && Steps == 1)
        {
            throw DocumentNode.Parse(file, yaml).Required("model").Required("kind").Problem(
                $"{Study.Contract} has one row per patient and no series; choose logistic or mlp.");
        }

        if (Study.Algorithm.Kind == AlgorithmKind.Newton && Steps > 1)
        {
            throw DocumentNode.Parse(file, yaml).Required("algorithm").Required("kind").Problem(
                $"newton would sum a matrix of {Columns} x {Columns} numbers; choose gradient, fedavg or fedadam.");
        }
    }

    // No noise is large enough when the price of the integer grid alone reaches δ; only the features tell how many
    // words. The compact encoding is accounted as the discrete Gaussian that it is, and pays no such price.
    private void RefuseDeltaBelowTheGrid(string file, string yaml)
    {
        if (Study.DifferentialPrivacy is not { } dp || Study.Compact is not null)
        {
            return;
        }

        double slack = PrivateGradientRound.GridSlack(Study, dp, new StudyProgram(this).Model.ParameterCount);
        if (dp.Budget.Delta <= slack)
        {
            throw DocumentNode.Parse(file, yaml).Required("privacy").Required("dp").Required("delta").Problem(
                FormattableString.Invariant(
                    $"{dp.Budget.Delta} is too small; this study needs more than {slack:0.0e+0}."));
        }
    }

    private static string Decimal(double value) => value.ToString("0.#################", CultureInfo.InvariantCulture);

    private static double Number(JsonNode node) =>
        double.Parse(node.GetValue<string>(), NumberStyles.Float, CultureInfo.InvariantCulture);
}
