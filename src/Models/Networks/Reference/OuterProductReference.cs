using System.Numerics;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>The gradient Σ b aᵀ of T pairs, and its squared norm without it, as their formulas stand.</summary>
/// <remarks>Inputs a: T × I; deltas b: T × O; dW: O × I. See <see cref="PerSample.OuterProduct"/>.</remarks>
internal static class OuterProductReference
{
    /// <summary>Adds Σ_t b_t a_tᵀ.</summary>
    public static void AddGradient<T>(
        int steps, ReadOnlySpan<T> inputs, ReadOnlySpan<T> deltas, Span<T> gradientToAddTo)
        where T : IFloatingPointIeee754<T>
    {
        int inputSize = inputs.Length / steps;
        int deltaSize = deltas.Length / steps;
        for (int t = 0; t < steps; t++)
        {
            for (int o = 0; o < deltaSize; o++)
            {
                for (int i = 0; i < inputSize; i++)
                {
                    gradientToAddTo[(o * inputSize) + i] += deltas[(t * deltaSize) + o] * inputs[(t * inputSize) + i];
                }
            }
        }
    }

    /// <summary>Σ_{t,s} (a_t·a_s)(b_t·b_s).</summary>
    public static T GhostSquaredNorm<T>(int steps, ReadOnlySpan<T> inputs, ReadOnlySpan<T> deltas)
        where T : IFloatingPointIeee754<T>
    {
        T sum = T.Zero;
        for (int t = 0; t < steps; t++)
        {
            for (int s = 0; s < steps; s++)
            {
                sum += Product(inputs, steps, t, s) * Product(deltas, steps, t, s);
            }
        }

        return sum;
    }

    private static T Product<T>(ReadOnlySpan<T> rows, int count, int t, int s)
        where T : IFloatingPointIeee754<T>
    {
        int size = rows.Length / count;
        T sum = T.Zero;
        for (int i = 0; i < size; i++)
        {
            sum += rows[(t * size) + i] * rows[(s * size) + i];
        }

        return sum;
    }
}
