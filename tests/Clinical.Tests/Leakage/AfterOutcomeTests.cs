using DigitalTwin.Clinical.Contracts;
using DigitalTwin.Clinical.Leakage;
using DigitalTwin.Clinical.Tables;
using DigitalTwin.Clinical.Tests.Contracts;

namespace DigitalTwin.Clinical.Tests.Leakage;

/// <summary>An input that was measured after the outcome is named wherever its table goes.</summary>
public sealed class AfterOutcomeTests
{
    private static string Leaking => DataContractTests.ExampleOfTheManual()
        .Replace("    drop: true\n", "", StringComparison.Ordinal)
        .Replace("features:\n", "features:\n  - { column: time, referenceMean: 130, referenceSd: 80 }\n",
            StringComparison.Ordinal);

    [Fact]
    public void The_follow_up_time_as_an_input_is_flagged_in_the_contract_the_table_and_its_parts()
    {
        DataContract contract = DataContract.Parse("leaking.yaml", Leaking);
        using TemporaryFile file = new("age,systolic,smoker,time,died\n70,120,2,5,1\n71,125,1,6,0\n72,126,1,7,0\n");
        ClinicalTable table = CsvCohortReader.Read(contract, file.Path);

        DataFlag warning = new("after-outcome", "time", 0);
        Assert.Equal([warning], AfterOutcome.Flags(contract));
        Assert.Equal([warning], table.Flags);
        Assert.Contains(warning, table.Subset([0, 1]).Flags);
    }

    [Fact]
    public void A_later_column_that_is_dropped_or_the_label_is_no_leak()
    {
        Assert.Empty(AfterOutcome.Flags(DataContract.Parse("e.yaml", DataContractTests.ExampleOfTheManual())));
        Assert.Empty(AfterOutcome.Flags(DataContract.Embedded("heart-disease/v1")));
    }
}
