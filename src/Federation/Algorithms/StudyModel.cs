using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Networks.Descriptions;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>The model that a study declares, on the inputs that its data contract gives.</summary>
public static class StudyModel
{
    /// <summary>The model of <paramref name="document"/>; it holds no numbers.</summary>
    public static DifferentiableModel Of(StudyDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        ModelSpecification model = document.Study.Model;
        SampleShape steps = SampleShape.Sequence(document.Steps, document.Features.Count);
        return model.Kind switch
        {
            ModelKind.Logistic => new LogisticModel(document.Columns),
            ModelKind.Mlp => new MultilayerPerceptron(document.Columns, [.. model.Hidden]),
            ModelKind.Gru => new NetworkModel(steps, [new Gru { Hidden = model.Hidden[0] }, LogOdds]),
            ModelKind.Lstm => new NetworkModel(steps, [new Lstm { Hidden = model.Hidden[0] }, LogOdds]),
            ModelKind.Cnn1d => new NetworkModel(
                steps,
                [
                    .. model.Hidden.Select(channels => new Convolution1d
                    {
                        Channels = channels,
                        Kernel = model.Kernel,
                        Padding = model.Kernel / 2,
                        Activation = Curve.Relu,
                    }),
                    new Flatten(),
                    LogOdds,
                ]),
            _ => throw new InvalidOperationException($"There is no model of kind {model.Kind}."),
        };
    }

    private static Dense LogOdds => new() { Width = 1 };
}
