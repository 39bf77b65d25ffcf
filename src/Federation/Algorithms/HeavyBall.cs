using DigitalTwin.Federation.Studies;
using DigitalTwin.Models;
using DigitalTwin.Models.Training;

namespace DigitalTwin.Federation.Algorithms;

/// <summary>
/// The public step of gradient rounds: Polyak's heavy ball on the ridge objective divided by the rows.
/// </summary>
internal static class HeavyBall
{
    /// <param name="gradientSum">Opened Σ of the (clipped, noised) gradients, one value per parameter.</param>
    /// <param name="rows">Divisor: the number of rows, or its public stand-in.</param>
    public static ModelState Step(
        AlgorithmSpecification algorithm,
        DifferentiableModel model,
        ModelState state,
        ReadOnlySpan<double> gradientSum,
        double rows)
    {
        double[] velocity = state.Optimiser.Length > 0 ? [.. state.Optimiser] : new double[model.ParameterCount];
        GradientDescentSettings settings = new(algorithm.LearningRate, algorithm.L2, algorithm.Momentum);
        double[] parameters = GradientDescent.Step(model, state.Parameters, gradientSum, rows, settings, velocity);
        int trained = state.TrainedRounds + 1;
        return state with
        {
            Parameters = parameters,
            Optimiser = velocity,
            TrainedRounds = trained,
            Next = trained >= algorithm.Rounds ? RoundPurpose.Evaluate : RoundPurpose.Train,
        };
    }
}
