using System.Reflection;
using System.Security.Cryptography;
using System.Text;

namespace DigitalTwin.Clinical.Contracts;

/// <summary>What hospitals agree on before they train together: the meaning of every column, label and input.</summary>
/// <remarks>The format is described field by field in <c>docs/data-contracts.md</c>.</remarks>
public sealed class DataContract
{
    private const string ResourcePrefix = "contracts/";
    private const string ResourceSuffix = ".yaml";

    internal DataContract()
    {
    }

    /// <summary>Name and version, such as <c>heart-disease/v1</c>.</summary>
    public required string Id { get; init; }

    public required string Title { get; init; }

    /// <summary>Where data of this form comes from.</summary>
    public required string Source { get; init; }

    /// <summary>Whether the file begins with a row of column names.</summary>
    public required bool HasHeader { get; init; }

    /// <summary>The texts that stand for a missing value; an empty cell always does.</summary>
    public required IReadOnlyList<string> MissingCodes { get; init; }

    public required OutOfRangeTreatment OutOfRange { get; init; }

    /// <summary>Every column of the file in its order, dropped ones included.</summary>
    public required IReadOnlyList<ContractColumn> Columns { get; init; }

    /// <summary>The inputs of the model in the order of every vector of a study.</summary>
    public required IReadOnlyList<ContractFeature> Features { get; init; }

    public required ContractLabel Label { get; init; }

    /// <summary>What is measured over time; null where a patient is one row and no more.</summary>
    public ContractSeries? Series { get; init; }

    /// <summary>Steps of a patient: 1 without a series.</summary>
    public int Steps => Series?.Steps ?? 1;

    /// <summary>What each step holds, in the order of every vector of a study.</summary>
    /// <remarks>
    /// Without a series the features. With one, features and signals three times: their values, then for each whether
    /// it was observed in the step (0 or 1), then the hours since it last was. A feature is observed in every step.
    /// </remarks>
    public IReadOnlyList<ContractInput> Inputs
    {
        get
        {
            ContractInput[] features =
            [
                .. Features.Select(feature => new ContractInput(
                    feature.Name, feature.ReferenceMean, feature.ReferenceSd)),
            ];
            if (Series is not { } series)
            {
                return features;
            }

            ContractInput[] values =
            [
                .. features,
                .. series.Signals.Select(signal => new ContractInput(
                    signal.Name, signal.ReferenceMean, signal.ReferenceSd)),
            ];
            return
            [
                .. values,
                .. values.Select(value => new ContractInput($"{value.Name}:observed", 0, 1)),
                .. values.Select(value => new ContractInput($"{value.Name}:since", 0, series.UnitOfGaps)),
            ];
        }
    }

    /// <summary>SHA-256 of the document's UTF-8 bytes as 64 lower-case hexadecimal digits.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The contracts that are built in, sorted by name.</summary>
    public static IReadOnlyList<string> EmbeddedIds { get; } =
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames()
            .Where(name => name.StartsWith(ResourcePrefix, StringComparison.Ordinal))
            .Select(IdOf).Order(StringComparer.Ordinal),
    ];

    /// <summary>Reads a contract.</summary>
    /// <param name="file">The name used in messages.</param>
    /// <param name="text">The YAML document.</param>
    /// <exception cref="Documents.DocumentException">A field is missing, unknown or contradicts another.</exception>
    public static DataContract Parse(string file, string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string sha256 = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));
        return ContractDocument.Read(Documents.DocumentNode.Parse(file, text), sha256);
    }

    /// <summary>The built-in contract with this name.</summary>
    /// <exception cref="ClinicalDataException">There is none; the message lists those that are built in.</exception>
    public static DataContract Embedded(string id)
    {
        ArgumentNullException.ThrowIfNull(id);
        if (!EmbeddedIds.Contains(id))
        {
            throw new ClinicalDataException(
                $"There is no data contract \"{id}\"; known: {string.Join(", ", EmbeddedIds)}.");
        }

        string name = ResourcePrefix + id.Replace('/', '.') + ResourceSuffix;
        using Stream resource = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        using StreamReader reader = new(resource, Encoding.UTF8);
        return Parse(name, reader.ReadToEnd());
    }

    /// <summary>The column named <paramref name="name"/>, which the contract must have.</summary>
    public ContractColumn Column(string name) => Columns.First(column => column.Name == name);

    // heart-disease.v1.yaml holds heart-disease/v1: a slash cannot stand in a file name.
    private static string IdOf(string resource)
    {
        string stem = resource[ResourcePrefix.Length..^ResourceSuffix.Length];
        int dot = stem.LastIndexOf('.');
        return $"{stem[..dot]}/{stem[(dot + 1)..]}";
    }
}
