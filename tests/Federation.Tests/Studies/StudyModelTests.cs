using DigitalTwin.Federation.Algorithms;
using DigitalTwin.Federation.Simulation;
using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Numerics;

namespace DigitalTwin.Federation.Tests.Studies;

// Goal: the layers that other programs get are the model that was trained. Method: the same parameters in both, rows
// drawn at random.
public sealed class StudyModelTests
{
    [Theory]
    [InlineData("{ kind: logistic }")]
    [InlineData("{ kind: mlp, hidden: [7, 5] }")]
    [InlineData("{ kind: gru, hidden: 5 }")]
    [InlineData("{ kind: gru-d, hidden: 5 }")]
    [InlineData("{ kind: lstm, hidden: 5 }")]
    [InlineData("{ kind: cnn1d, hidden: [4, 3], kernel: 3 }")]
    public void The_layers_of_a_model_are_the_model(string declared)
    {
        HospitalPlan plan = SeriesSites.Hospitals(patients: 20)[0];
        StudyDocument document = StudyDocument.Create(
            "study.yaml",
            StudyText.Yaml("{ kind: fedavg }", model: declared),
            plan.Data.ContractSha256,
            plan.Data.Features,
            plan.Data.Steps);
        DifferentiableModel model = StudyModel.Of(document);
        NetworkModel layers = new(StudyModel.NetworkOf(document));
        PhiloxStream random = new(seed: 9, stream: 0);
        double[] parameters = [.. Enumerable.Range(0, model.ParameterCount).Select(_ => random.NextNormal() / 3)];
        Table rows = plan.Data.Train.Standardise(document.ReferenceMeans, document.ReferenceDeviations);

        double[] expected = model.Margins(parameters, rows);

        Assert.Equal(model.ParameterCount, layers.ParameterCount);
        Assert.All(
            expected.Zip(layers.Margins(parameters, rows)), pair => Assert.Equal(pair.First, pair.Second, 1e-4));
        Assert.True(expected.Max() - expected.Min() > 0.1);
    }
}
