using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
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

    private StudyDocument(Study study, string contractSha256, IReadOnlyList<FeatureReference> features, byte[] bytes)
    {
        Study = study;
        ContractSha256 = contractSha256;
        Features = features;
        Bytes = bytes;
        Sha256 = Convert.ToHexStringLower(SHA256.HashData(bytes));
    }

    public Study Study { get; }

    public string ContractSha256 { get; }

    public IReadOnlyList<FeatureReference> Features { get; }

    /// <summary>The canonical encoding; its SHA-256 is the plan digest of every round.</summary>
    public byte[] Bytes { get; }

    public string Sha256 { get; }

    /// <summary>Means of <see cref="Features"/>, in their order.</summary>
    public double[] ReferenceMeans => [.. Features.Select(feature => feature.Mean)];

    /// <summary>Standard deviations of <see cref="Features"/>, in their order.</summary>
    public double[] ReferenceDeviations => [.. Features.Select(feature => feature.StandardDeviation)];

    /// <param name="yaml">The study as its author wrote it; kept to the letter.</param>
    public static StudyDocument Create(
        string file, string yaml, string contractSha256, IReadOnlyList<FeatureReference> features)
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

        byte[] bytes = CanonicalJson.Serialize(new JsonObject
        {
            ["contract"] = study.Contract,
            ["contractSha256"] = contractSha256,
            ["features"] = inputs,
            ["study"] = yaml,
        });
        return new StudyDocument(study, contractSha256, features, bytes);
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
            Study study = Study.Parse("study document", root["study"]!.GetValue<string>());
            if (study.Contract != root["contract"]!.GetValue<string>())
            {
                throw new FormatException("The document names another data contract than its study.");
            }

            if (features.Length is < 1 or > 10_000 || features.Any(feature => !(feature.StandardDeviation > 0)))
            {
                throw new FormatException("The document needs 1 to 10000 features, each with a positive deviation.");
            }

            return new StudyDocument(study, root["contractSha256"]!.GetValue<string>(), features, bytes);
        }
        catch (Exception problem) when (problem is NullReferenceException or InvalidOperationException
            or CanonicalJsonException or Documents.DocumentException)
        {
            throw new FormatException($"This is no study document: {problem.Message}", problem);
        }
    }

    private static string Decimal(double value) => value.ToString("0.#################", CultureInfo.InvariantCulture);

    private static double Number(JsonNode node) =>
        double.Parse(node.GetValue<string>(), NumberStyles.Float, CultureInfo.InvariantCulture);
}
