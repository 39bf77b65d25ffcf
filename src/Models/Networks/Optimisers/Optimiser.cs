using DigitalTwin.Models.Networks.Kernels;
using DigitalTwin.Models.Networks.Lanes;

namespace DigitalTwin.Models.Networks.Optimisers;

/// <summary>Turns gradients into steps of the parameters; holds what it remembers between steps.</summary>
public abstract class Optimiser
{
    private readonly float[] _first;
    private readonly float[] _second;

    /// <param name="parameters">Length of the parameter vector.</param>
    private protected Optimiser(int parameters)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(parameters);
        _first = new float[parameters];
        _second = new float[parameters];
    }

    /// <summary>The path to run, for tests of their agreement.</summary>
    internal VectorWidth Width { get; init; } = VectorWidths.Widest;

    /// <summary>One step against <paramref name="gradient"/>, in place.</summary>
    /// <exception cref="ArgumentException">A vector has another length than the optimiser's.</exception>
    public void Step(Span<float> parameters, ReadOnlySpan<float> gradient, double learningRate)
    {
        if (parameters.Length != _first.Length || gradient.Length != _first.Length)
        {
            throw new ArgumentException(
                $"Expected {_first.Length} parameters and gradients, got {parameters.Length} and {gradient.Length}.");
        }

        if (!(learningRate >= 0) || double.IsInfinity(learningRate))
        {
            throw new ArgumentOutOfRangeException(
                nameof(learningRate), learningRate, "The learning rate is a finite number from 0 on.");
        }

        Run(parameters, gradient, learningRate);
    }

    private protected abstract void Run(Span<float> parameters, ReadOnlySpan<float> gradient, double learningRate);

    private protected void Run<TRule>(Span<float> parameters, ReadOnlySpan<float> gradient, in UpdateFactors factors)
        where TRule : struct, IUpdateRule =>
        UpdateLoop.Run<TRule>(Width, parameters, gradient, _first, _second, factors);

    private protected static double RequireShare(string name, double value) => value >= 0 && value < 1
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "Allowed: 0 to below 1.");

    private protected static double RequirePositive(string name, double value) => value > 0 && double.IsFinite(value)
        ? value
        : throw new ArgumentOutOfRangeException(name, value, "Allowed: finite numbers above 0.");

    private protected static double RequireNotNegative(string name, double value) =>
        value >= 0 && double.IsFinite(value)
            ? value
            : throw new ArgumentOutOfRangeException(name, value, "Allowed: finite numbers from 0 on.");
}
