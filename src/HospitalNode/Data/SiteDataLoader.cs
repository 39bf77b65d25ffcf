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
/// <param name="TrainRows">Rows of <paramref name="All"/> that are trained on, ascending.</param>
/// <param name="TestRows">Rows of <paramref name="All"/> that are held out, ascending.</param>
public sealed record LoadedData(
    SiteData Site,
    ClinicalTable All,
    DataContract Contract,
    IReadOnlyList<int> TrainRows,
    IReadOnlyList<int> TestRows);

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
        return Of(contract, all, train, test);
    }

    /// <summary>The same data without the rows that <paramref name="keeps"/> refuses, trained on or held out.</summary>
    /// <remarks>Who is held out stays so: rows are divided before any is taken away.</remarks>
    /// <param name="keeps">Given an index into <see cref="LoadedData.All"/>.</param>
    /// <returns>The very <paramref name="data"/> where every row is kept; null where none is to train on.</returns>
    public static LoadedData? Keep(LoadedData data, Func<int, bool> keeps)
    {
        int[] kept = [.. Enumerable.Range(0, data.All.Rows).Where(keeps)];
        if (kept.Length == data.All.Rows)
        {
            return data;
        }

        Dictionary<int, int> placeOf = kept.Select((row, place) => (row, place)).ToDictionary();
        int[] train = Places(data.TrainRows, placeOf);
        return train.Length == 0
            ? null
            : Of(data.Contract, data.All.Subset(kept), train, Places(data.TestRows, placeOf));
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

    private static LoadedData Of(DataContract contract, ClinicalTable all, int[] train, int[] test)
    {
        SiteData site = new(
            contract.Sha256,
            FeaturesOf(contract),
            TableOf(all, train),
            TableOf(all, test),
            Buckets.Rows(train.Length),
            Buckets.Prevalence(all.Labels.Average(), all.Rows),
            contract.Steps);
        return new LoadedData(site, all, contract, train, test);
    }

    private static int[] Places(IReadOnlyList<int> rows, Dictionary<int, int> placeOf) =>
        [.. rows.Where(placeOf.ContainsKey).Select(row => placeOf[row])];

    private static Table TableOf(ClinicalTable all, int[] rows)
    {
        if (rows.Length == 0)
        {
            return new Table(all.Columns, [], []);
        }

        ClinicalTable part = all.Subset(rows);
        return new Table(part.Columns, part.Features, part.Labels);
    }
}
