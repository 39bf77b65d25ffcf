using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Exports;

namespace DigitalTwin.Ledger.Tests.Exports;

// Goal: the graph says from what and by whom every sum and model came. Method: the document of a written study of one
// round with three hospitals; Interop.Tests reads it with another implementation.
public sealed class ProvExportTests(WrittenStudy study) : IClassFixture<WrittenStudy>
{
    private static readonly string[] Declaring = ["entity", "activity", "agent"];

    private readonly JsonObject _prov = ProvExport.Write(study.Trail);

    [Theory]
    [InlineData("entity", 1 + 1 + 3 + 1 + 2)]
    [InlineData("activity", 1)]
    [InlineData("agent", 5)]
    [InlineData("used", 3 + 1)]
    [InlineData("wasGeneratedBy", 2)]
    [InlineData("wasAssociatedWith", 1 + 3)]
    [InlineData("wasAttributedTo", 1 + 1 + 3 + 2)]
    [InlineData("wasDerivedFrom", 3 + 1)]
    [InlineData("actedOnBehalfOf", 1)]
    public void The_document_has_as_many(string kind, int count) =>
        Assert.Equal(count, _prov[kind]!.AsObject().Count);

    [Fact]
    public void Whatever_a_relation_names_is_declared()
    {
        HashSet<string> declared =
        [
            .. Declaring.SelectMany(kind => _prov[kind]!.AsObject().Select(one => one.Key)),
        ];
        string[] named =
        [
            .. _prov.Where(kind => kind.Key != "prefix" && !Declaring.Contains(kind.Key))
                .SelectMany(kind => kind.Value!.AsObject())
                .SelectMany(statement => statement.Value!.AsObject())
                .Where(member => member.Key != "prov:time")
                .Select(member => member.Value!.GetValue<string>()),
        ];

        Assert.NotEmpty(named);
        Assert.All(named, name => Assert.Contains(name, declared));
    }

    [Fact]
    public void The_released_model_is_marked_and_derived_from_the_one_before()
    {
        string released = $"twin:model-{study.Model}";
        JsonObject derivation = _prov["wasDerivedFrom"]!.AsObject().Select(one => one.Value!.AsObject())
            .Single(one => one["prov:generatedEntity"]!.GetValue<string>() == released);

        Assert.True(_prov["entity"]![released]!["twin:released"]!.GetValue<bool>());
        Assert.Equal(
            $"twin:model-{Fields.Digest("model 0")}", derivation["prov:usedEntity"]!.GetValue<string>());
    }
}
