using System.Numerics;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>
/// One step of long short-term memory, as its formulas stand: what the fast layer is measured against.
/// </summary>
/// <remarks>
/// With the sums a = W_i x + b_i + W_h h + b_h of gates i, f, g, o (4 H): c' = σ(a_f) c + σ(a_i) tanh(a_g),
/// h' = σ(a_o) tanh(c'): see <see cref="Layers.LstmLayer"/>.
/// </remarks>
internal static class LstmReference
{
    /// <summary>Writes the gates i, f, g, o (4 H), the memory after (H) and the state after (H).</summary>
    public static void Forward<T>(
        ReadOnlySpan<T> sums, ReadOnlySpan<T> memory, Span<T> gates, Span<T> memoryAfter, Span<T> after)
        where T : IFloatingPointIeee754<T>
    {
        int hidden = memory.Length;
        for (int k = 0; k < hidden; k++)
        {
            T i = Sigmoid(sums[k]);
            T f = Sigmoid(sums[hidden + k]);
            T g = T.Tanh(sums[(2 * hidden) + k]);
            T o = Sigmoid(sums[(3 * hidden) + k]);
            (gates[k], gates[hidden + k], gates[(2 * hidden) + k], gates[(3 * hidden) + k]) = (i, f, g, o);
            memoryAfter[k] = (f * memory[k]) + (i * g);
            after[k] = o * T.Tanh(memoryAfter[k]);
        }
    }

    /// <summary>Writes dL/d(sums) and dL/d(memory) from dL/d(state after) and dL/d(memory after).</summary>
    public static void Backward<T>(
        ReadOnlySpan<T> gates,
        ReadOnlySpan<T> memory,
        ReadOnlySpan<T> memoryAfter,
        ReadOnlySpan<T> afterGradient,
        ReadOnlySpan<T> memoryAfterGradient,
        Span<T> sumsGradient,
        Span<T> memoryGradient)
        where T : IFloatingPointIeee754<T>
    {
        int hidden = memory.Length;
        for (int k = 0; k < hidden; k++)
        {
            (T i, T f) = (gates[k], gates[hidden + k]);
            (T g, T o) = (gates[(2 * hidden) + k], gates[(3 * hidden) + k]);
            T bent = T.Tanh(memoryAfter[k]);
            T slope = memoryAfterGradient[k] + (afterGradient[k] * o * (T.One - (bent * bent)));
            sumsGradient[k] = slope * g * i * (T.One - i);
            sumsGradient[hidden + k] = slope * memory[k] * f * (T.One - f);
            sumsGradient[(2 * hidden) + k] = slope * i * (T.One - (g * g));
            sumsGradient[(3 * hidden) + k] = afterGradient[k] * bent * o * (T.One - o);
            memoryGradient[k] = slope * f;
        }
    }

    private static T Sigmoid<T>(T x)
        where T : IFloatingPointIeee754<T> => T.One / (T.One + T.Exp(-x));
}
