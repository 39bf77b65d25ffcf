using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Tables;

namespace DigitalTwin.Clinical.Tests.Tables;

// Goal: measurements become steps as Che et al. 2018 define them, and no line of a file crashes the reader or vanishes.
// Method: a contract of two signals over four hours, by hand.
public sealed class SeriesCohortReaderTests
{
    private const string Patients = "record,age,died\na-1,60,0\nb-2,70,1\n";

    private const string Header = "record,minute,signal,value\n";

    internal const string Contract = """
        contract: two-signals/v1
        title: Two signals
        source: An example.
        unit: row-is-patient
        file: { header: required, missing: [] }
        rows: { missing: exclude, outOfRange: exclude }
        columns:
          - name: record
            description: Number.
            code: { system: "urn:digitaltwin:local", code: record, display: Record }
            unit: "1"
            type: identifier
          - name: age
            description: Age.
            code: { system: "http://loinc.org", code: 30525-0, display: Age }
            unit: a
            type: integer
            range: { from: 18, to: 110 }
          - name: died
            description: Death.
            code: { system: "urn:digitaltwin:local", code: death, display: Death }
            unit: "1"
            type: category
            values: { 0: "no", 1: "yes" }
        label: { column: died, above: 0, meaning: died }
        features:
          - { column: age, referenceMean: 65, referenceSd: 10 }
        series: { record: record, hours: 4, stepMinutes: 60 }
        signals:
          - name: hr
            written: HR
            description: Heart rate.
            code: { system: "http://loinc.org", code: 8867-4, display: Heart rate }
            unit: /min
            range: { from: 20, to: 300 }
            referenceMean: 80
            referenceSd: 15
          - name: lactate
            description: Lactate.
            code: { system: "http://loinc.org", code: 2524-7, display: Lactate }
            unit: mmol/L
            range: { from: 0, to: 30 }
            referenceMean: 2
            referenceSd: 1
        """;

    private static readonly DataContract TwoSignals = DataContract.Parse("two.yaml", Contract);

    [Fact]
    public void A_step_holds_values_then_masks_then_time_since_the_last_value()
    {
        ClinicalTable table = Read("a-1,10,HR,90\na-1,59,HR,100\na-1,130,HR,110\na-1,239,lactate,5\n");

        Assert.Equal(
            [
                "age", "hr", "lactate", "age:observed", "hr:observed", "lactate:observed", "age:since", "hr:since",
                "lactate:since",
            ],
            table.FeatureNames);
        Assert.Equal((4, 36, 2), (table.Steps, table.Columns, table.Rows));
        Assert.Equal([0, 1], table.Labels);
        Assert.Equal([60, 95, 2, 1, 1, 0, 0, 0, 0], table.Features[..9]);
        Assert.Equal([60, 95, 2, 1, 0, 0, 0, 1, 1], table.Features[9..18]);
        Assert.Equal([60, 110, 2, 1, 1, 0, 0, 2, 2], table.Features[18..27]);
        Assert.Equal([60, 110, 5, 1, 0, 1, 0, 1, 3], table.Features[27..36]);

        // Nobody measured the second patient: reference means, and time runs on.
        Assert.Equal([70, 80, 2, 1, 0, 0, 0, 0, 0], table.Features[36..45]);
        Assert.Equal([70, 80, 2, 1, 0, 0, 0, 3, 3], table.Features[63..72]);
    }

    [Fact]
    public void The_inputs_carry_public_reference_values()
    {
        Assert.Equal(new ContractInput("hr", 80, 15), TwoSignals.Inputs[1]);
        Assert.Equal(new ContractInput("hr:observed", 0, 1), TwoSignals.Inputs[4]);
        Assert.Equal(new ContractInput("hr:since", 0, 0.5), TwoSignals.Inputs[7]);
        Assert.Equal(4, TwoSignals.Steps);
    }

    [Theory]
    [InlineData("a-1,10,HR", "malformed")]
    [InlineData("a-1,ten,HR,90", "malformed")]
    [InlineData("a-1,-1,HR,90", "malformed")]
    [InlineData("a-1,10,HR,NaN", "malformed")]
    [InlineData("a-1,10,HR,1e999", "malformed")]
    [InlineData("a-1,10,\"HR,90", "malformed")]
    [InlineData("", "malformed")]
    [InlineData("c-3,10,HR,90", "of-no-patient")]
    [InlineData("a-1,10,hr,90", "unknown-signal")]
    [InlineData("a-1,240,HR,90", "after-window")]
    public void A_line_that_fits_nothing_is_counted_and_the_next_is_read(string line, string kind)
    {
        ClinicalTable table = Read($"{line}\na-1,0,HR,100\n");

        Assert.Equal(100, table.Features[1]);
        Assert.Contains(new DataFlag(kind, "events", 1), table.Flags);
        Assert.Equal(2, table.Rows);
    }

    [Fact]
    public void An_unbelievable_value_is_not_read_and_its_patient_is_counted_once()
    {
        ClinicalTable table = Read("a-1,0,HR,0\na-1,1,HR,0\na-1,2,HR,100\nb-2,1,HR,900\n");

        Assert.Equal([100, 1], [table.Features[1], table.Features[4]]);
        Assert.Contains(new DataFlag("out-of-range", "hr", 2), table.Flags);
        Assert.Contains(new DataFlag("out-of-range", "hr", 1), table.Subset([1]).Flags);
    }

    [Fact]
    public void A_part_of_the_table_keeps_its_steps()
    {
        ClinicalTable part = Read("b-2,0,HR,100\n").Subset([1]);

        Assert.Equal((4, 36, 1), (part.Steps, part.Columns, part.Rows));
        Assert.Equal(100, part.Features[1]);
    }

    [Fact]
    public void A_signal_that_nobody_measured_is_flagged_as_constant_and_masks_are_not()
    {
        string[] constant =
        [
            .. Read("a-1,0,HR,100\n").Flags.Where(flag => flag.Kind == "constant").Select(flag => flag.Subject),
        ];

        Assert.Equal(["lactate"], constant);
    }

    [Fact]
    public void A_row_is_called_by_its_patient_whose_number_holds_no_control_character()
    {
        using SeriesFolder folder = new(Patients + "c\u0007,61,1\n", Header);

        ClinicalTable table = CsvCohortReader.Read(TwoSignals, folder.Path);

        Assert.Equal(["a-1", "b-2"], table.RowIds);
        Assert.Equal([new RowProblem(2, "record", "holds a control character", Excluded: true)], table.Problems);
    }

    [Fact]
    public void The_first_row_of_a_patient_stands()
    {
        using SeriesFolder folder = new(Patients + "a-1,61,1\n", Header);

        ClinicalTable table = CsvCohortReader.Read(TwoSignals, folder.Path);

        Assert.Equal(2, table.Rows);
        Assert.Equal([new RowProblem(2, "record", "was given in an earlier row", Excluded: true)], table.Problems);
    }

    [Fact]
    public void A_patient_who_does_not_fit_takes_only_the_own_measurements_away()
    {
        using SeriesFolder folder = new(
            "record,age,died\na-1,,0\nb-2,70,1\n", Header + "a-1,0,HR,90\nb-2,0,HR,120\n");

        ClinicalTable table = CsvCohortReader.Read(TwoSignals, folder.Path);

        Assert.Equal((1, 120), (table.Rows, table.Features[1]));
        Assert.Contains(new DataFlag("of-no-patient", "events", 1), table.Flags);
    }

    [Fact]
    public void What_is_missing_is_named()
    {
        using SeriesFolder noEvents = new(Patients, null);
        using SeriesFolder noPatients = new(null, Header);
        using SeriesFolder otherHeader = new(Patients, "id,minute,signal,value\n");
        using SeriesFolder empty = new(Patients, "");
        using SeriesFolder nobody = new("record,age,died\na-1,,0\n", Header);

        Assert.Contains("events.csv does not exist", Refusal(noEvents.Path), StringComparison.Ordinal);
        Assert.Contains("patients.csv does not exist", Refusal(noPatients.Path), StringComparison.Ordinal);
        Assert.Equal(
            "events.csv: the first line must be record,minute,signal,value.", Refusal(otherHeader.Path));
        Assert.Equal("events.csv: the first line must be record,minute,signal,value.", Refusal(empty.Path));
        Assert.Contains("none of the 1 rows fits two-signals/v1", Refusal(nobody.Path), StringComparison.Ordinal);
        Assert.EndsWith(
            "is no folder; under two-signals/v1 data is a folder with patients.csv and events.csv.",
            Refusal(Path.Combine(empty.Path, "nowhere")),
            StringComparison.Ordinal);
    }

    private static string Refusal(string folder) =>
        Assert.Throws<ClinicalDataException>(() => CsvCohortReader.Read(TwoSignals, folder)).Message;

    private static ClinicalTable Read(string events)
    {
        using SeriesFolder folder = new(Patients, Header + events);
        return CsvCohortReader.Read(TwoSignals, folder.Path);
    }
}
