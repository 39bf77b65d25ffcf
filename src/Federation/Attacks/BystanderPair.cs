using DigitalTwin.Federation.PrivateTraining;
using DigitalTwin.Models.Networks;
using DigitalTwin.Models.Networks.Descriptions;
using DigitalTwin.Models.Networks.Losses;
using DigitalTwin.Models.Networks.PerSample;

namespace DigitalTwin.Federation.Attacks;

/// <summary>
/// A patient that everybody knows of, and perhaps a second one: the run of a private training that shows whether its
/// divisor tells how many were drawn.
/// </summary>
/// <remarks>
/// Weights that no patient has a feature for hold noise alone. Divided by a public number it is as strong in every
/// step; divided by the drawn batch it is half as strong where both were drawn, which can only be if the second patient
/// exists. The sums themselves show nothing of it, so <see cref="CanaryCohort"/> does not see this fault.
/// </remarks>
public static class BystanderPair
{
    // The deviation of a spread over 128 weights is 1/16 of it; a batch of two halves the spread.
    private const int NoiseWeights = 128;

    /// <summary>One weight that patients move, and others that they do not.</summary>
    public static Network Network { get; } = new(new NetworkDescription
    {
        Input = SampleShape.Vector(NoiseWeights + 1),
        Layers = [new Dense { Width = 1 }],
        Loss = new SquaredLoss(1),
    });

    /// <summary>The patient that everybody knows of, and the other one where <paramref name="included"/>.</summary>
    public static PatientRows Patients(bool included)
    {
        int patients = included ? 2 : 1;
        float[] inputs = new float[patients * (NoiseWeights + 1)];
        for (int patient = 0; patient < patients; patient++)
        {
            inputs[(patient * (NoiseWeights + 1)) + NoiseWeights] = 1;
        }

        return new PatientRows(Network, inputs, [.. Enumerable.Repeat(1f, patients)]);
    }

    /// <summary>
    /// Runs the training and scores the run by its weakest noise: higher where the second patient is likelier.
    /// </summary>
    /// <returns>−ln of the least root mean square of a step over the weights that hold noise alone.</returns>
    public static double Score(PrivateTrainer trainer, int steps)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        double least = double.PositiveInfinity;
        float[] before = trainer.Parameters.ToArray();
        for (int step = 0; step < steps; step++)
        {
            trainer.Step(learningRate: 1);
            double squares = 0;
            for (int weight = 0; weight < NoiseWeights; weight++)
            {
                double moved = trainer.Parameters[weight] - (double)before[weight];
                squares += moved * moved;
            }

            least = Math.Min(least, squares);
            trainer.Parameters.CopyTo(before);
        }

        return -Math.Log(least / NoiseWeights) / 2;
    }
}
