using System.Numerics;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>
/// One step of a gated recurrent unit, as its formulas stand: what the fast layer is measured against.
/// </summary>
/// <remarks>
/// r = σ(x_r + u_r), z = σ(x_z + u_z), n = tanh(x_n + r u_n), h' = (1 − z) n + z h with x = W_i x + b_i and
/// u = W_h h + b_h, each 3 H: see <see cref="Layers.GruLayer"/>.
/// </remarks>
internal static class GruReference
{
    /// <summary>Writes the gates r, z, n (3 H) and the state after (H).</summary>
    public static void Forward<T>(
        ReadOnlySpan<T> fromInput, ReadOnlySpan<T> fromState, ReadOnlySpan<T> before, Span<T> gates, Span<T> after)
        where T : IFloatingPointIeee754<T>
    {
        int hidden = before.Length;
        for (int i = 0; i < hidden; i++)
        {
            T r = Sigmoid(fromInput[i] + fromState[i]);
            T z = Sigmoid(fromInput[hidden + i] + fromState[hidden + i]);
            T n = T.Tanh(fromInput[(2 * hidden) + i] + (r * fromState[(2 * hidden) + i]));
            (gates[i], gates[hidden + i], gates[(2 * hidden) + i]) = (r, z, n);
            after[i] = ((T.One - z) * n) + (z * before[i]);
        }
    }

    /// <summary>Writes dL/d(fromInput), dL/d(fromState) and the direct part of dL/d(before) from dL/d(after).</summary>
    public static void Backward<T>(
        ReadOnlySpan<T> gates,
        ReadOnlySpan<T> fromState,
        ReadOnlySpan<T> before,
        ReadOnlySpan<T> afterGradient,
        Span<T> inputGradient,
        Span<T> stateGradient,
        Span<T> beforeGradient)
        where T : IFloatingPointIeee754<T>
    {
        int hidden = before.Length;
        for (int i = 0; i < hidden; i++)
        {
            (T r, T z, T n) = (gates[i], gates[hidden + i], gates[(2 * hidden) + i]);
            T dn = afterGradient[i] * (T.One - z) * (T.One - (n * n));
            T dz = afterGradient[i] * (before[i] - n) * z * (T.One - z);
            T dr = dn * fromState[(2 * hidden) + i] * r * (T.One - r);
            (inputGradient[i], inputGradient[hidden + i], inputGradient[(2 * hidden) + i]) = (dr, dz, dn);
            (stateGradient[i], stateGradient[hidden + i], stateGradient[(2 * hidden) + i]) = (dr, dz, dn * r);
            beforeGradient[i] = afterGradient[i] * z;
        }
    }

    private static T Sigmoid<T>(T x)
        where T : IFloatingPointIeee754<T> => T.One / (T.One + T.Exp(-x));
}
