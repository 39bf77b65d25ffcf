using System.Numerics;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>GRU-D over one sequence, as its formulas stand: what the fast layer is measured against.</summary>
/// <remarks>
/// D values, H units, T steps; parameters, formulas and the order r, z, n as in <see cref="Layers.GruDLayer"/>. Gaps
/// are filled by their definition, looking back for the last observation at every step.
/// </remarks>
/// <param name="hidden">H.</param>
/// <param name="means">D.</param>
/// <param name="parameters">w_x, b_x, W_h, b_h, [W V], U, b.</param>
/// <param name="input">T × 3 D: values, masks, times.</param>
internal sealed class GruDReference<T>(int hidden, T[] means, T[] parameters, T[] input)
    where T : IFloatingPointIeee754<T>
{
    private readonly int _values = means.Length;
    private readonly int _steps = input.Length / (3 * means.Length);

    private int StateDecay => 2 * _values;

    private int StateDecayBiases => StateDecay + (hidden * _values);

    private int InputWeights => StateDecayBiases + hidden;

    private int StateWeights => InputWeights + (6 * hidden * _values);

    private int Biases => StateWeights + (3 * hidden * hidden);

    /// <summary>The states after every step, T × H.</summary>
    public T[] Forward()
    {
        T[] states = new T[_steps * hidden];
        T[] state = new T[hidden];
        for (int step = 0; step < _steps; step++)
        {
            state = StepForward(step, state).After;
            state.CopyTo(states, step * hidden);
        }

        return states;
    }

    /// <summary>Adds to the gradient of the parameters; <paramref name="statesGradient"/> is T × H.</summary>
    public void Backward(ReadOnlySpan<T> statesGradient, Span<T> gradient)
    {
        List<StepValues> steps = [];
        for (int step = 0; step < _steps; step++)
        {
            steps.Add(StepForward(step, step == 0 ? new T[hidden] : steps[^1].After));
        }

        T[] carried = new T[hidden];
        for (int step = _steps - 1; step >= 0; step--)
        {
            for (int k = 0; k < hidden; k++)
            {
                carried[k] += statesGradient[(step * hidden) + k];
            }

            carried = StepBackward(step, steps[step], carried, gradient);
        }
    }

    private StepValues StepForward(int step, T[] before)
    {
        (T[] seen, T[] pull) = Impute(step);
        T[] fade = new T[hidden];
        T[] faded = new T[hidden];
        for (int k = 0; k < hidden; k++)
        {
            fade[k] = Decay(StateDecaySum(step, k));
            faded[k] = fade[k] * before[k];
        }

        T[] gates = new T[3 * hidden];
        for (int k = 0; k < 2 * hidden; k++)
        {
            gates[k] = T.One / (T.One + T.Exp(-GateSum(k, seen, faded)));
        }

        T[] reset = [.. faded.Select((value, k) => gates[k] * value)];
        T[] after = new T[hidden];
        for (int k = 0; k < hidden; k++)
        {
            T n = T.Tanh(GateSum((2 * hidden) + k, seen, reset));
            T z = gates[hidden + k];
            gates[(2 * hidden) + k] = n;
            after[k] = ((T.One - z) * faded[k]) + (z * n);
        }

        return new(seen, pull, before, fade, faded, gates, reset, after);
    }

    private T[] StepBackward(int step, StepValues at, T[] afterGradient, Span<T> gradient)
    {
        T[] deltas = new T[3 * hidden];
        T[] fadedGradient = new T[hidden];
        T[] resetGradient = new T[hidden];
        T[] seenGradient = new T[2 * _values];
        for (int k = 0; k < hidden; k++)
        {
            (T z, T n) = (at.Gates[hidden + k], at.Gates[(2 * hidden) + k]);
            deltas[hidden + k] = afterGradient[k] * (n - at.Faded[k]) * z * (T.One - z);
            deltas[(2 * hidden) + k] = afterGradient[k] * z * (T.One - (n * n));
            fadedGradient[k] = afterGradient[k] * (T.One - z);
            GateBackward((2 * hidden) + k, deltas, at.Seen, at.Reset, seenGradient, resetGradient, gradient);
        }

        for (int k = 0; k < hidden; k++)
        {
            T r = at.Gates[k];
            deltas[k] = resetGradient[k] * at.Faded[k] * r * (T.One - r);
            fadedGradient[k] += resetGradient[k] * r;
        }

        for (int k = 0; k < 2 * hidden; k++)
        {
            GateBackward(k, deltas, at.Seen, at.Faded, seenGradient, fadedGradient, gradient);
        }

        for (int k = 0; k < hidden; k++)
        {
            T delta = StateDecaySum(step, k) > T.Zero ? -fadedGradient[k] * at.Before[k] * at.Fade[k] : T.Zero;
            gradient[StateDecayBiases + k] += delta;
            for (int i = 0; i < _values; i++)
            {
                gradient[StateDecay + (k * _values) + i] += delta * Time(step, i);
            }
        }

        for (int i = 0; i < _values; i++)
        {
            T delta = ValueDecaySum(step, i) > T.Zero ? -seenGradient[i] * at.Pull[i] : T.Zero;
            gradient[i] += delta * Time(step, i);
            gradient[_values + i] += delta;
        }

        return [.. fadedGradient.Select((value, k) => value * at.Fade[k])];
    }

    // x̂ and m, and γ_x (x' − x̄) at the gaps.
    private (T[] Seen, T[] Pull) Impute(int step)
    {
        T[] seen = new T[2 * _values];
        T[] pull = new T[_values];
        for (int i = 0; i < _values; i++)
        {
            seen[_values + i] = Mask(step, i);
            if (Mask(step, i) == T.One)
            {
                seen[i] = Value(step, i);
                continue;
            }

            int last = step - 1;
            while (last >= 0 && Mask(last, i) == T.Zero)
            {
                last--;
            }

            pull[i] = last < 0 ? T.Zero : Decay(ValueDecaySum(step, i)) * (Value(last, i) - means[i]);
            seen[i] = means[i] + pull[i];
        }

        return (seen, pull);
    }

    private T GateSum(int k, T[] seen, T[] state)
    {
        T sum = parameters[Biases + k];
        for (int i = 0; i < seen.Length; i++)
        {
            sum += parameters[InputWeights + (k * seen.Length) + i] * seen[i];
        }

        for (int i = 0; i < hidden; i++)
        {
            sum += parameters[StateWeights + (k * hidden) + i] * state[i];
        }

        return sum;
    }

    private void GateBackward(
        int k, T[] deltas, T[] seen, T[] state, T[] seenGradient, T[] stateGradient, Span<T> gradient)
    {
        gradient[Biases + k] += deltas[k];
        for (int i = 0; i < seen.Length; i++)
        {
            gradient[InputWeights + (k * seen.Length) + i] += deltas[k] * seen[i];
            seenGradient[i] += deltas[k] * parameters[InputWeights + (k * seen.Length) + i];
        }

        for (int i = 0; i < hidden; i++)
        {
            gradient[StateWeights + (k * hidden) + i] += deltas[k] * state[i];
            stateGradient[i] += deltas[k] * parameters[StateWeights + (k * hidden) + i];
        }
    }

    private T ValueDecaySum(int step, int i) => (parameters[i] * Time(step, i)) + parameters[_values + i];

    private T StateDecaySum(int step, int k)
    {
        T sum = parameters[StateDecayBiases + k];
        for (int i = 0; i < _values; i++)
        {
            sum += parameters[StateDecay + (k * _values) + i] * Time(step, i);
        }

        return sum;
    }

    private static T Decay(T sum) => T.Exp(-T.Max(T.Zero, sum));

    private T Value(int step, int i) => input[(step * 3 * _values) + i];

    private T Mask(int step, int i) => input[(step * 3 * _values) + _values + i];

    private T Time(int step, int i) => input[(step * 3 * _values) + (2 * _values) + i];

    private sealed record StepValues(
        T[] Seen, T[] Pull, T[] Before, T[] Fade, T[] Faded, T[] Gates, T[] Reset, T[] After);
}
