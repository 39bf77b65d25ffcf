using System.Numerics;

namespace DigitalTwin.Models.Networks.Reference;

/// <summary>GRU or LSTM over one sequence with masked steps: what the fast layers are measured against.</summary>
/// <remarks>
/// Parameters as in <see cref="Layers.RecurrentLayer{TCell}"/>, steps as in <see cref="GruReference"/> and
/// <see cref="LstmReference"/>; a masked step hands state and memory on unchanged.
/// </remarks>
/// <param name="hidden">H.</param>
/// <param name="isLstm">Four gates and a memory; else three gates.</param>
/// <param name="parameters">W_ih (G H × I), W_hh (G H × H), b_ih, b_hh.</param>
/// <param name="input">T × I.</param>
/// <param name="seen">For each step whether it counts.</param>
internal sealed class RecurrentReference<T>(int hidden, bool isLstm, T[] parameters, T[] input, bool[] seen)
    where T : IFloatingPointIeee754<T>
{
    private readonly int _gates = (isLstm ? 4 : 3) * hidden;
    private readonly int _features = input.Length / seen.Length;

    private int StateWeights => _gates * _features;

    private int InputBiases => StateWeights + (_gates * hidden);

    private int StateBiases => InputBiases + _gates;

    /// <summary>The states after every step, T × H.</summary>
    public T[] Forward() => [.. Steps().SelectMany(step => step.After)];

    /// <summary>Adds to the gradients of the parameters and of the input.</summary>
    public void Backward(ReadOnlySpan<T> statesGradient, Span<T> gradient, Span<T> inputGradient)
    {
        List<StepValues> steps = Steps();
        T[] carried = new T[hidden];
        T[] carriedMemory = new T[hidden];
        for (int t = seen.Length - 1; t >= 0; t--)
        {
            for (int k = 0; k < hidden; k++)
            {
                carried[k] += statesGradient[(t * hidden) + k];
            }

            if (!seen[t])
            {
                continue;
            }

            (T[] dx, T[] du) = (new T[_gates], new T[_gates]);
            (T[] before, T[] memoryBefore) = (new T[hidden], new T[hidden]);
            CellBackward(steps[t], carried, carriedMemory, dx, du, before, memoryBefore);
            DenseReference.Backward(
                1,
                parameters.AsSpan(0, StateWeights),
                input.AsSpan(t * _features, _features),
                dx,
                gradient[..StateWeights],
                gradient.Slice(InputBiases, _gates),
                inputGradient.Slice(t * _features, _features));
            DenseReference.Backward(
                1,
                parameters.AsSpan(StateWeights, _gates * hidden),
                steps[t].Before,
                du,
                gradient.Slice(StateWeights, _gates * hidden),
                gradient.Slice(StateBiases, _gates),
                before);
            (carried, carriedMemory) = (before, memoryBefore);
        }
    }

    private List<StepValues> Steps()
    {
        List<StepValues> steps = [];
        (T[] state, T[] memory) = (new T[hidden], new T[hidden]);
        for (int t = 0; t < seen.Length; t++)
        {
            StepValues step = StepForward(t, state, memory);
            steps.Add(step);
            (state, memory) = (step.After, step.MemoryAfter);
        }

        return steps;
    }

    private StepValues StepForward(int t, T[] before, T[] memoryBefore)
    {
        (T[] x, T[] u) = (new T[_gates], new T[_gates]);
        DenseReference.Forward<T>(
            1,
            parameters.AsSpan(0, StateWeights),
            parameters.AsSpan(InputBiases, _gates),
            input.AsSpan(t * _features, _features),
            x);
        DenseReference.Forward<T>(
            1,
            parameters.AsSpan(StateWeights, _gates * hidden),
            parameters.AsSpan(StateBiases, _gates),
            before,
            u);
        (T[] gates, T[] after, T[] memoryAfter) = (new T[_gates], new T[hidden], new T[hidden]);
        if (isLstm)
        {
            T[] sums = [.. x.Zip(u, (a, b) => a + b)];
            LstmReference.Forward<T>(sums, memoryBefore, gates, memoryAfter, after);
        }
        else
        {
            GruReference.Forward<T>(x, u, before, gates, after);
        }

        return seen[t]
            ? new(before, memoryBefore, u, gates, after, memoryAfter)
            : new(before, memoryBefore, u, gates, before, memoryBefore);
    }

    private void CellBackward(
        StepValues at, T[] carried, T[] carriedMemory, T[] dx, T[] du, T[] before, T[] memoryBefore)
    {
        if (isLstm)
        {
            LstmReference.Backward<T>(
                at.Gates, at.MemoryBefore, at.MemoryAfter, carried, carriedMemory, dx, memoryBefore);
            dx.CopyTo(du, 0);
        }
        else
        {
            GruReference.Backward<T>(at.Gates, at.FromState, at.Before, carried, dx, du, before);
        }
    }

    private sealed record StepValues(
        T[] Before, T[] MemoryBefore, T[] FromState, T[] Gates, T[] After, T[] MemoryAfter);
}
