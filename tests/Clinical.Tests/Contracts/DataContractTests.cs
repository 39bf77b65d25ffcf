using System.Text.RegularExpressions;
using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Documents;

namespace DigitalTwin.Clinical.Tests.Contracts;

/// <summary>A contract says all that a reader of data needs, and one that contradicts itself is refused.</summary>
public sealed class DataContractTests
{
    [Fact]
    public void The_built_in_contract_lists_inputs_in_the_order_of_the_published_experiment()
    {
        DataContract contract = DataContract.Embedded("heart-disease/v1");

        Assert.Equal("heart-disease/v1", contract.Id);
        Assert.Equal(
            "age sex trestbps chol fbs thalach exang oldpeak cp=2 cp=3 cp=4 restecg=1 restecg=2",
            string.Join(' ', contract.Features.Select(feature => feature.Name)));
        Assert.Equal(
            [55, 0.65, 130, 245, 0.15, 145, 0.35, 0.9, 0.2, 0.25, 0.5, 0.1, 0.2],
            contract.Features.Select(feature => feature.ReferenceMean));
        Assert.Equal(
            [10, 0.5, 18, 55, 0.35, 24, 0.48, 1.1, 0.4, 0.43, 0.5, 0.3, 0.4],
            contract.Features.Select(feature => feature.ReferenceSd));
        Assert.Equal(new ContractLabel("num", 0, "coronary disease present"), contract.Label);
        Assert.Equal(14, contract.Columns.Count);
        Assert.Equal(
            ["slope", "ca", "thal"], contract.Columns.Where(column => column.IsDropped).Select(column => column.Name));
        Assert.Equal(new HiddenMissing(0, HiddenMissingTreatment.Flag), contract.Column("chol").HiddenMissing);
        Assert.Equal(new CodedConcept("http://loinc.org", "2093-3", "Cholesterol [Mass/volume] in Serum or Plasma"),
            contract.Column("chol").Code);
        Assert.Equal("mg/dL", contract.Column("chol").Unit);
    }

    [Fact]
    public void Version_1_of_the_built_in_contract_never_changes()
    {
        // Hospitals have agreed on this text: a change of meaning is version 2.
        // sha256sum contracts/heart-disease.v1.yaml
        Assert.Equal(
            "ea8472a3049468ed48018071b247fe1f3370a1a5901939d241538b52022c6777",
            DataContract.Embedded("heart-disease/v1").Sha256);
    }

    [Fact]
    public void One_more_byte_gives_another_digest()
    {
        string text = ExampleOfTheManual();

        Assert.NotEqual(
            DataContract.Parse("example.yaml", text).Sha256, DataContract.Parse("example.yaml", text + "\n").Sha256);
    }

    [Fact]
    public void An_unknown_contract_is_refused_with_the_known_ones()
    {
        Assert.Equal(["heart-disease/v1", "icu-mortality/v1"], DataContract.EmbeddedIds);
        Assert.Equal("There is no data contract \"heart/v9\"; known: heart-disease/v1, icu-mortality/v1.",
            Assert.Throws<ClinicalDataException>(() => DataContract.Embedded("heart/v9")).Message);
    }

    [Fact]
    public void The_example_of_the_manual_is_a_contract()
    {
        DataContract contract = DataContract.Parse("example.yaml", ExampleOfTheManual());

        Assert.Equal("heart-failure-example/v1", contract.Id);
        Assert.True(contract.HasHeader);
        Assert.Equal(["?", "NA"], contract.MissingCodes);
        Assert.Equal(OutOfRangeTreatment.Exclude, contract.OutOfRange);
        Assert.Equal(["age", "systolic", "smoker=2"], contract.Features.Select(feature => feature.Name));
        Assert.Equal([(0, "never"), (1, "formerly"), (2, "now")],
            contract.Column("smoker").Values.Select(value => ((int)value.Value, value.Meaning)));
        Assert.Equal(ColumnType.WholeNumber, contract.Column("age").Type);
        Assert.Equal(new PlausibleRange(18, 110), contract.Column("age").Range);
    }

    [Theory]
    [InlineData("contract: heart-failure-example/v1", "contract: Heart",
        "c.yaml:1: contract: Heart is not a contract name; write name/vN, for example heart-disease/v1.")]
    [InlineData("title:", "titel:",
        "c.yaml:2: titel: is not a known field; allowed: contract, title, source, unit, file, rows, columns, label, "
        + "features, series, signals. Did you mean title?")]
    [InlineData("unit: row-is-patient", "unit: row-is-visit",
        "c.yaml:4: unit: row-is-visit is not allowed; allowed: row-is-patient. Did you mean row-is-patient?")]
    [InlineData("header: required", "header: yes",
        "c.yaml:5: file.header: yes is not allowed; allowed: none, required.")]
    [InlineData("range: { from: 18, to: 110 }", "range: { from: low, to: 110 }",
        "c.yaml:14: columns[0].range.from: low is not allowed; give a number from -1000000000 to 1000000000.")]
    [InlineData("range: { from: 18, to: 110 }", "range: { from: 110, to: 18 }",
        "c.yaml:14: columns[0].range: from must be below to.")]
    [InlineData("type: integer\n    range", "type: category\n    range",
        "c.yaml:14: columns[0].range: does not belong to a column of this type; give values instead.")]
    [InlineData("system: \"http://loinc.org\", code: 30525-0", "system: \"http://loinc.com\", code: 30525-0",
        "c.yaml:11: columns[0].code.system: http://loinc.com is not allowed; allowed: http://loinc.org, "
        + "http://snomed.info/sct, urn:digitaltwin:local. Did you mean http://loinc.org?")]
    [InlineData("name: systolic", "name: age",
        "c.yaml:15: columns[1].name: the column age is listed twice; remove one.")]
    [InlineData("{ 0: never, 1: formerly, 2: now }", "{ never: 0, 1: formerly }",
        "c.yaml:27: columns[2].values.never: a category is written as a whole number, for example 1: typical angina.")]
    [InlineData("{ 0: never, 1: formerly, 2: now }", "{ 2: now }",
        "c.yaml:27: columns[2].values: give at least two different values.")]
    [InlineData("smoker, equals: 2,", "smoker, equals: 3,",
        "c.yaml:49: features[2].equals: smoker has no such value; allowed: 0, 1, 2.")]
    [InlineData("smoker, equals: 2,", "smoker,",
        "c.yaml:49: features[2]: smoker is a category; say which value counts with equals: 0, 1, 2.")]
    [InlineData("column: age, ", "column: age, equals: 2, ",
        "c.yaml:47: features[0].equals: age is a number; remove equals.")]
    [InlineData("column: age, ", "column: systolic, ",
        "c.yaml:48: features[1]: the input systolic is listed twice; remove one.")]
    [InlineData("column: age, ", "column: died, ",
        "c.yaml:47: features[0].column: the label's column cannot be an input: it is the answer.")]
    [InlineData("column: age, ", "column: time, ",
        "c.yaml:47: features[0].column: time is dropped; remove drop: true to use it.")]
    [InlineData("    drop: true\n", "",
        "c.yaml:28: columns[3]: time is neither an input nor the label; add drop: true.")]
    [InlineData("referenceSd: 12", "referenceSd: 0",
        "c.yaml:47: features[0].referenceSd: 0 is not allowed; give a number above 0 and at most 1000000000.")]
    [InlineData("treat: missing", "treat: impute",
        "c.yaml:21: columns[1].hiddenMissing.treat: impute is not allowed; allowed: flag, missing.")]
    [InlineData("  - { column: age, referenceMean: 60, referenceSd: 12 }\n", "",
        "c.yaml:9: columns[0]: age is neither an input nor the label; add drop: true.")]
    public void A_contract_that_contradicts_itself_is_refused(string original, string replacement, string message)
    {
        string example = ExampleOfTheManual();
        Assert.Contains(original, example, StringComparison.Ordinal);
        string changed = example.Replace(original, replacement, StringComparison.Ordinal);

        Assert.Equal(message, Assert.Throws<DocumentException>(() => DataContract.Parse("c.yaml", changed)).Message);
    }

    internal static string ExampleOfTheManual()
    {
        string manual = File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "data-contracts.md"));
        return Regex.Match(manual, "```yaml\n(.*?)```", RegexOptions.Singleline).Groups[1].Value;
    }
}
