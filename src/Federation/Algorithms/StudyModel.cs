using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>The model that a study declares, on the inputs that its data contract gives.</summary>
public static class StudyModel
{
    /// <summary>The model of <paramref name="document"/>; it holds no numbers.</summary>
    public static DifferentiableModel Of(StudyDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        ModelSpecification model = document.Study.Model;
        return model.Kind switch
        {
            ModelKind.Logistic => new LogisticModel(document.Columns),
            ModelKind.Mlp => new MultilayerPerceptron(document.Columns, [.. model.Hidden]),
            _ => new NetworkModel(NetworkOf(document)),
        };
    }

    /// <summary>The same model as layers, for programs that run networks.</summary>
    /// <remarks>
    /// Logistic models and perceptrons compute in doubles here and in floats there; their parameters have the same
    /// order.
    /// </remarks>
    public static NetworkDescription NetworkOf(StudyDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        ModelSpecification model = document.Study.Model;
        bool readsSteps = StudyWords.ReadsSteps(model.Kind);
        return new NetworkDescription
        {
            Input = readsSteps
                ? SampleShape.Sequence(document.Steps, document.Features.Count)
                : SampleShape.Vector(document.Columns),
            Layers = [.. LayersBefore(model), new Dense { Width = 1 }],
            Loss = new BinaryLoss(Tasks: 1),
        };
    }

    // All but the last layer, which gives the log-odds.
    private static IEnumerable<LayerDescription> LayersBefore(ModelSpecification model) => model.Kind switch
    {
        ModelKind.Logistic => [],
        ModelKind.Mlp => model.Hidden.Select(width => new Dense { Width = width, Activation = Curve.Relu }),
        ModelKind.Gru => [new Gru { Hidden = model.Hidden[0] }],
        ModelKind.GruD => [new GruD { Hidden = model.Hidden[0] }],
        ModelKind.Lstm => [new Lstm { Hidden = model.Hidden[0] }],
        ModelKind.Cnn1d =>
        [
            .. model.Hidden.Select(channels => new Convolution1d
            {
                Channels = channels,
                Kernel = model.Kernel,
                Padding = model.Kernel / 2,
                Activation = Curve.Relu,
            }),
            new Flatten(),
        ],
        _ => throw new InvalidOperationException($"There is no model of kind {model.Kind}."),
    };
}
