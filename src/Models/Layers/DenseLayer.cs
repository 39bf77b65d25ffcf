namespace DigitalTwin.Models.Layers;

/// <summary>y = W x + b, with W of outputs × inputs, row by row, and b of outputs.</summary>
/// <remarks>Sums start at the bias and run over the inputs in order: the bits do not depend on the processor.</remarks>
public static class DenseLayer
{
    /// <summary>Writes y = W x + b to <paramref name="output"/>.</summary>
    public static void Forward(
        ReadOnlySpan<double> weights, ReadOnlySpan<double> bias, ReadOnlySpan<double> input, Span<double> output)
    {
        for (int o = 0; o < output.Length; o++)
        {
            double sum = bias[o];
            ReadOnlySpan<double> weightsOfOutput = weights.Slice(o * input.Length, input.Length);
            for (int i = 0; i < input.Length; i++)
            {
                sum += weightsOfOutput[i] * input[i];
            }

            output[o] = sum;
        }
    }

    /// <summary>Adds dL/dW = dL/dy xᵀ and dL/db = dL/dy to the two gradients.</summary>
    public static void BackwardParameters(
        ReadOnlySpan<double> input,
        ReadOnlySpan<double> outputGradient,
        Span<double> weightsGradientToAddTo,
        Span<double> biasGradientToAddTo)
    {
        for (int o = 0; o < outputGradient.Length; o++)
        {
            Span<double> gradientOfOutput = weightsGradientToAddTo.Slice(o * input.Length, input.Length);
            for (int i = 0; i < input.Length; i++)
            {
                gradientOfOutput[i] += outputGradient[o] * input[i];
            }

            biasGradientToAddTo[o] += outputGradient[o];
        }
    }

    /// <summary>Writes dL/dx = Wᵀ dL/dy to <paramref name="inputGradient"/>.</summary>
    public static void BackwardInput(
        ReadOnlySpan<double> weights, ReadOnlySpan<double> outputGradient, Span<double> inputGradient)
    {
        for (int i = 0; i < inputGradient.Length; i++)
        {
            double sum = 0;
            for (int o = 0; o < outputGradient.Length; o++)
            {
                sum += weights[(o * inputGradient.Length) + i] * outputGradient[o];
            }

            inputGradient[i] = sum;
        }
    }
}
