namespace DigitalTwin.Models.Training;

/// <summary>x_{t+1} = x_t + η Δ_t; with η = 1 the plain average of McMahan et al., AISTATS 2017.</summary>
public sealed class FedAvgServer(double learningRate = 1) : ServerOptimiser
{
    /// <summary>Always empty.</summary>
    public override double[] State => [];

    public override void Restore(ReadOnlySpan<double> state)
    {
        if (!state.IsEmpty)
        {
            throw new ArgumentException($"Averaging has no state, got {state.Length} numbers.", nameof(state));
        }
    }

    public override double[] Step(ReadOnlySpan<double> parameters, ReadOnlySpan<double> averageDelta)
    {
        RequireSameLength(parameters, averageDelta);
        double[] next = parameters.ToArray();
        for (int i = 0; i < next.Length; i++)
        {
            next[i] += learningRate * averageDelta[i];
        }

        return next;
    }
}
