using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Disclosure;
using DigitalTwin.Clinical.Synthetic;
using DigitalTwin.Clinical.Tables;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Numerics;
using DigitalTwin.Models.Statistics;

namespace DigitalTwin.Scenarios;

/// <summary>The hospitals of a scenario, real or invented.</summary>
internal sealed record ScenarioHospitals(string Description, bool IsReal, IReadOnlyList<HospitalPlan> Plans)
{
    public const string Contract = "heart-disease/v1";

    /// <summary>Share of held-out rows of invented hospitals, as in FLamby's split of the real ones.</summary>
    private const double TestShare = 0.34;

    private static readonly string[] RealNames = ["cleveland", "hungarian", "switzerland", "va"];

    /// <summary>The four real hospitals in <paramref name="folder"/>, or four invented ones where it is null.</summary>
    public static ScenarioHospitals Load(string? folder) => folder is null
        ? new ScenarioHospitals("Invented hospitals (seed 1)", IsReal: false, Invented())
        : new ScenarioHospitals(
            "Cleveland, Hungarian, Switzerland and VA under FLamby's split", IsReal: true, Real(folder));

    /// <summary>All training rows in one table.</summary>
    public Table PooledTrain() => Pool(Plans.Select(plan => plan.Data.Train));

    /// <summary>Rows of one part of every hospital.</summary>
    public int Rows(Func<SiteData, Table> part) => Plans.Sum(plan => part(plan.Data).Rows);

    /// <summary>Mean and standard deviation per column.</summary>
    public static (double[] Mean, double[] Deviation) MomentsOf(Table table)
    {
        double[] zero = new double[table.Columns];
        double[] one = [.. Enumerable.Repeat(1.0, table.Columns)];
        return Moments.FromSum(Moments.LocalStatistic(table, zero, one), zero, one);
    }

    /// <summary>A hospital with its rows divided, under any contract.</summary>
    public static HospitalPlan PlanOf(
        DataContract contract, string name, ClinicalTable rows, int[] train, int[] test)
    {
        FeatureReference[] features =
        [
            .. contract.Inputs.Select(input =>
                new FeatureReference(input.Name, input.ReferenceMean, input.ReferenceSd)),
        ];
        return new HospitalPlan(name, new SiteData(
            contract.Sha256,
            features,
            TableOf(rows.Subset(train)),
            TableOf(rows.Subset(test)),
            Buckets.Rows(train.Length),
            Buckets.Prevalence(rows.Labels.Average(), rows.Rows),
            contract.Steps));
    }

    private static Table Pool(IEnumerable<Table> tables)
    {
        Table[] all = [.. tables];
        double[] features =
            [.. all.SelectMany(table => Enumerable.Range(0, table.Rows).SelectMany(row => table.Row(row).ToArray()))];
        return new Table(all[0].Columns, features, [.. all.SelectMany(table => table.Labels.ToArray())]);
    }

    private static HospitalPlan[] Real(string folder) =>
    [
        .. RealNames.Select(name =>
        {
            ClinicalTable rows = CsvCohortReader.Read(
                DataContract.Embedded(Contract), Path.Combine(folder, $"processed.{name}.data"));
            (int[] train, int[] test) = TrainTestSplit.FromFile(Path.Combine(folder, "flamby_split.csv"), name, rows);
            return PlanOf(DataContract.Embedded(Contract), name, rows, train, test);
        }),
    ];

    private static HospitalPlan[] Invented()
    {
        PhiloxStream random = new(1, stream: 0);
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
                    return PlanOf(DataContract.Embedded(Contract), hospital.Name, rows, train, test);
                }
                finally
                {
                    File.Delete(file);
                }
            }),
        ];
    }

    private static Table TableOf(ClinicalTable rows) => new(rows.Columns, rows.Features, rows.Labels);
}
