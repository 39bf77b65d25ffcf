namespace DigitalTwin.Models.Training;

/// <summary>FedAdam: Reddi et al., ICLR 2021, algorithm 2.</summary>
/// <remarks>
/// m_t = β₁ m_{t−1} + (1 − β₁) Δ_t; v_t = β₂ v_{t−1} + (1 − β₂) Δ_t²; x_{t+1} = x_t + η m_t / (√v_t + τ).
/// As in the paper m starts at 0, v starts at τ² and there is no bias correction.
/// </remarks>
/// <param name="learningRate">η, positive.</param>
/// <param name="beta1">Memory of the first moment, in [0, 1).</param>
/// <param name="beta2">Memory of the second moment, in [0, 1).</param>
/// <param name="tau">Adaptivity, positive; the paper's default, 1e-3.</param>
public sealed class FedAdamServer(
    double learningRate, double beta1 = 0.9, double beta2 = 0.999, double tau = 1e-3) : ServerOptimiser
{
    private double[] _firstMoment = [];
    private double[] _secondMoment = [];

    /// <summary>m, then v.</summary>
    public override double[] State => [.. _firstMoment, .. _secondMoment];

    public override void Restore(ReadOnlySpan<double> state)
    {
        if (state.Length % 2 != 0)
        {
            throw new ArgumentException($"Two moments of equal length, got {state.Length} numbers.", nameof(state));
        }

        int half = state.Length / 2;
        _firstMoment = state[..half].ToArray();
        _secondMoment = state[half..].ToArray();
    }

    public override double[] Step(ReadOnlySpan<double> parameters, ReadOnlySpan<double> averageDelta)
    {
        RequireSameLength(parameters, averageDelta);
        if (_firstMoment.Length == 0)
        {
            _firstMoment = new double[parameters.Length];
            _secondMoment = [.. Enumerable.Repeat(tau * tau, parameters.Length)];
        }

        RequireSameLength(parameters, _firstMoment);
        double[] next = parameters.ToArray();
        for (int i = 0; i < next.Length; i++)
        {
            double delta = averageDelta[i];
            _firstMoment[i] = (beta1 * _firstMoment[i]) + ((1 - beta1) * delta);
            _secondMoment[i] = (beta2 * _secondMoment[i]) + ((1 - beta2) * delta * delta);
            next[i] += learningRate * _firstMoment[i] / (Math.Sqrt(_secondMoment[i]) + tau);
        }

        return next;
    }
}
