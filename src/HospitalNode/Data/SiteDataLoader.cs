using System.Buffers.Binary;
using System.Security.Cryptography;
using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Disclosure;
using DigitalTwin.Clinical.Tables;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.HospitalNode.Data;

/// <summary>Where a node's data lies.</summary>
/// <param name="File">The CSV file; under a contract with a series the folder of its two files.</param>
/// <param name="Contract">Identifier of the data contract.</param>
/// <param name="SplitFile">A file that says which rows are held out; null for a split of the node's own.</param>
/// <param name="SplitSite">The site's name in that file.</param>
public sealed record DataSource(string File, string Contract, string? SplitFile, string SplitSite);

/// <summary>A node's data as read under its contract.</summary>
public sealed record LoadedData(SiteData Site, ClinicalTable All, DataContract Contract);

/// <summary>Reads a hospital's rows under a data contract and splits them into training and held-out rows.</summary>
public static class SiteDataLoader
{
    /// <summary>Share of rows held out, as in FLamby's Fed-Heart-Disease.</summary>
    private const double TestShare = 0.34;

    /// <exception cref="Clinical.ClinicalDataException">The file can't be read under the contract.</exception>
    public static LoadedData Load(DataSource source)
    {
        DataContract contract = DataContract.Embedded(source.Contract);
        ClinicalTable all = CsvCohortReader.Read(contract, source.File);
        (int[] train, int[] test) = source.SplitFile is { } split
            ? TrainTestSplit.FromFile(split, source.SplitSite, all)
            : TrainTestSplit.Stratified(all, TestShare, SplitStream(source.SplitSite).NextUInt64);
        double prevalence = all.Rows == 0 ? 0 : all.Labels.Average();
        SiteData site = new(
            contract.Sha256,
            FeaturesOf(contract),
            TableOf(all.Subset(train)),
            TableOf(all.Subset(test)),
            Buckets.Rows(train.Length),
            Buckets.Prevalence(prevalence, all.Rows),
            contract.Steps);
        return new LoadedData(site, all, contract);
    }

    /// <summary>The inputs of a contract as studies name them.</summary>
    public static IReadOnlyList<FeatureReference> FeaturesOf(DataContract contract) =>
    [
        .. contract.Inputs.Select(input =>
            new FeatureReference(input.Name, input.ReferenceMean, input.ReferenceSd)),
    ];

    // The split must not change from study to study: held-out rows would leak into training. So it depends on the
    // site's name alone.
    private static PhiloxStream SplitStream(string site)
    {
        byte[] digest = SHA256.HashData(System.Text.Encoding.UTF8.GetBytes("DigitalTwin/split/v1/" + site));
        return new PhiloxStream(BinaryPrimitives.ReadUInt64LittleEndian(digest), stream: 0);
    }

    private static Table TableOf(ClinicalTable rows) => new(rows.Columns, rows.Features, rows.Labels);
}
