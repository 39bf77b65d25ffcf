using System.Numerics;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>Multi-head attention of one sequence to itself, as its formulas stand: see the fast layer.</summary>
/// <remarks>Parameters and formulas as in <see cref="Layers.SelfAttentionLayer"/>.</remarks>
/// <param name="features">E.</param>
/// <param name="heads">A divisor of E.</param>
/// <param name="parameters">W_in (3 E × E), b_in, W_out (E × E), b_out.</param>
/// <param name="input">T × E.</param>
/// <param name="seen">For each step whether it is looked at; at least one is.</param>
internal sealed class SelfAttentionReference<T>(int features, int heads, T[] parameters, T[] input, bool[] seen)
    where T : IFloatingPointIeee754<T>
{
    private readonly int _steps = input.Length / features;
    private readonly int _size = features / heads;

    private int InBiases => 3 * features * features;

    private int OutWeights => InBiases + (3 * features);

    private int OutBiases => OutWeights + (features * features);

    private T Scale => T.One / T.Sqrt(T.CreateChecked(_size));

    /// <summary>T × E.</summary>
    public T[] Forward()
    {
        T[] projected = Projected();
        T[] mixed = Mixed(projected, Weights(projected));
        T[] output = new T[input.Length];
        DenseReference.Forward<T>(
            _steps,
            parameters.AsSpan(OutWeights, features * features),
            parameters.AsSpan(OutBiases, features),
            mixed,
            output);
        return output;
    }

    /// <summary>Adds to the gradients of the parameters and of the input.</summary>
    public void Backward(ReadOnlySpan<T> outputGradient, Span<T> gradient, Span<T> inputGradient)
    {
        T[] projected = Projected();
        T[] weights = Weights(projected);
        T[] mixedGradient = new T[input.Length];
        DenseReference.Backward(
            _steps,
            parameters.AsSpan(OutWeights, features * features),
            Mixed(projected, weights),
            outputGradient,
            gradient.Slice(OutWeights, features * features),
            gradient.Slice(OutBiases, features),
            mixedGradient);
        T[] deltas = new T[projected.Length];
        for (int head = 0; head < heads; head++)
        {
            for (int step = 0; step < _steps; step++)
            {
                StepBackward(head, step, projected, weights, mixedGradient, deltas);
            }
        }

        DenseReference.Backward(
            _steps,
            parameters.AsSpan(0, InBiases),
            input,
            deltas,
            gradient[..InBiases],
            gradient.Slice(InBiases, 3 * features),
            inputGradient);
    }

    private void StepBackward(int head, int step, T[] projected, T[] weights, T[] mixedGradient, T[] deltas)
    {
        T[] pulls = new T[_steps];
        T mean = T.Zero;
        for (int other = 0; other < _steps; other++)
        {
            for (int i = 0; i < _size; i++)
            {
                T slope = mixedGradient[(step * features) + (head * _size) + i];
                pulls[other] += slope * projected[At(other, 2, head, i)];
                deltas[At(other, 2, head, i)] += slope * weights[WeightAt(head, step, other)];
            }

            mean += weights[WeightAt(head, step, other)] * pulls[other];
        }

        for (int other = 0; other < _steps; other++)
        {
            T score = weights[WeightAt(head, step, other)] * (pulls[other] - mean) * Scale;
            for (int i = 0; i < _size; i++)
            {
                deltas[At(step, 0, head, i)] += score * projected[At(other, 1, head, i)];
                deltas[At(other, 1, head, i)] += score * projected[At(step, 0, head, i)];
            }
        }
    }

    private T[] Projected()
    {
        T[] projected = new T[3 * input.Length];
        DenseReference.Forward<T>(
            _steps, parameters.AsSpan(0, InBiases), parameters.AsSpan(InBiases, 3 * features), input, projected);
        return projected;
    }

    // Softmax of the scaled products of queries and keys, heads × T × T.
    private T[] Weights(T[] projected)
    {
        T[] weights = new T[heads * _steps * _steps];
        for (int head = 0; head < heads; head++)
        {
            for (int step = 0; step < _steps; step++)
            {
                T sum = T.Zero;
                for (int other = 0; other < _steps; other++)
                {
                    T product = T.Zero;
                    for (int i = 0; i < _size; i++)
                    {
                        product += projected[At(step, 0, head, i)] * projected[At(other, 1, head, i)];
                    }

                    weights[WeightAt(head, step, other)] = seen[other] ? T.Exp(product * Scale) : T.Zero;
                    sum += weights[WeightAt(head, step, other)];
                }

                for (int other = 0; other < _steps; other++)
                {
                    weights[WeightAt(head, step, other)] /= sum;
                }
            }
        }

        return weights;
    }

    private T[] Mixed(T[] projected, T[] weights)
    {
        T[] mixed = new T[input.Length];
        for (int i = 0; i < mixed.Length; i++)
        {
            (int step, int feature) = int.DivRem(i, features);
            (int head, int within) = int.DivRem(feature, _size);
            for (int other = 0; other < _steps; other++)
            {
                mixed[i] += weights[WeightAt(head, step, other)] * projected[At(other, 2, head, within)];
            }
        }

        return mixed;
    }

    // Queries, keys and values are parts 0, 1 and 2.
    private int At(int step, int part, int head, int i) =>
        (step * 3 * features) + (part * features) + (head * _size) + i;

    private int WeightAt(int head, int step, int other) => (((head * _steps) + step) * _steps) + other;
}
