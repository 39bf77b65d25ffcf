using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Disclosure;
using DigitalTwin.Clinical.Synthetic;
using DigitalTwin.Clinical.Tables;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Numerics;
using DigitalTwin.TestKit;

namespace DigitalTwin.Federation.Tests;

/// <summary>Hospitals for the tests: four invented ones, or the four real ones where their data is beside the
/// checkout.</summary>
internal static class Sites
{
    public const string Contract = "heart-disease/v1";

    /// <summary>FLamby's share of held-out rows.</summary>
    private const double TestShare = 0.34;

    private static readonly string[] RealNames = ["cleveland", "hungarian", "switzerland", "va"];

    /// <summary>North, east, south and west, invented from <paramref name="seed"/>.</summary>
    public static HospitalPlan[] Synthetic(ulong seed = 1)
    {
        PhiloxStream random = new(seed, stream: 0);
        return
        [
            .. SyntheticHospitals.HeartDisease(random.NextUInt64).Select(hospital =>
            {
                string file = Path.Combine(Path.GetTempPath(), Path.GetRandomFileName());
                try
                {
                    File.WriteAllText(file, hospital.ToCsv());
                    ClinicalTable rows = CsvCohortReader.Read(DataContract.Embedded(Contract), file);
                    (int[] train, int[] test) = TrainTestSplit.Stratified(rows, TestShare, random.NextUInt64);
                    return Plan(hospital.Name, rows, train, test);
                }
                finally
                {
                    File.Delete(file);
                }
            }),
        ];
    }

    /// <summary>Cleveland, Hungarian, Switzerland and VA under FLamby's split, or a skipped test.</summary>
    public static HospitalPlan[] RealOrSkip()
    {
        string? folder = SharedFiles.Find("data/heart_disease");
        if (folder is null)
        {
            Assert.Skip("needs data/heart_disease beside the checkout");
        }

        return
        [
            .. RealNames.Select(name =>
            {
                ClinicalTable rows = CsvCohortReader.Read(
                    DataContract.Embedded(Contract), Path.Combine(folder, $"processed.{name}.data"));
                (int[] train, int[] test) = TrainTestSplit.FromFile(
                    Path.Combine(folder, "flamby_split.csv"), name, rows);
                return Plan(name, rows, train, test);
            }),
        ];
    }

    /// <summary>The same hospital with other training rows.</summary>
    public static HospitalPlan WithTrain(HospitalPlan plan, Table train) =>
        plan with { Data = plan.Data with { Train = train } };

    /// <summary>All rows of several tables in one.</summary>
    public static Table Pool(IEnumerable<Table> tables)
    {
        List<double> features = [];
        List<double> labels = [];
        int columns = 0;
        foreach (Table table in tables)
        {
            columns = table.Columns;
            for (int row = 0; row < table.Rows; row++)
            {
                features.AddRange(table.Row(row));
                labels.Add(table.Label(row));
            }
        }

        return new Table(columns, [.. features], [.. labels]);
    }

    private static HospitalPlan Plan(string name, ClinicalTable rows, int[] train, int[] test)
    {
        DataContract contract = DataContract.Embedded(Contract);
        FeatureReference[] features =
        [
            .. contract.Features.Select(feature =>
                new FeatureReference(feature.Name, feature.ReferenceMean, feature.ReferenceSd)),
        ];
        return new HospitalPlan(name, new SiteData(
            contract.Sha256,
            features,
            TableOf(rows.Subset(train)),
            TableOf(rows.Subset(test)),
            Buckets.Rows(train.Length),
            Buckets.Prevalence(rows.Labels.Average(), rows.Rows)));
    }

    private static Table TableOf(ClinicalTable rows) => new(rows.Columns, rows.Features, rows.Labels);
}
