using System.Diagnostics.CodeAnalysis;

namespace DigitalTwin.Models.Training;

/// <summary>How the coordinator turns the average of the sites' updates into the next model.</summary>
/// <remarks>The server half of FedOpt: Reddi et al., "Adaptive Federated Optimization", ICLR 2021.</remarks>
public abstract class ServerOptimiser
{
    /// <summary>
    /// What the next step depends on besides its arguments; empty before the first step of a stateful method.
    /// </summary>
    public abstract double[] State { get; }

    /// <summary>Returns to a <see cref="State"/> recorded before.</summary>
    public abstract void Restore(ReadOnlySpan<double> state);

    /// <summary>The next parameters.</summary>
    /// <param name="parameters">x_t, which the sites started from.</param>
    /// <param name="averageDelta">Δ_t, the weighted mean of (site's parameters − x_t).</param>
    [SuppressMessage("Naming", "CA1716", Justification = "The paper's word; no Visual Basic class derives from it.")]
    public abstract double[] Step(ReadOnlySpan<double> parameters, ReadOnlySpan<double> averageDelta);

    private protected static void RequireSameLength(ReadOnlySpan<double> parameters, ReadOnlySpan<double> averageDelta)
    {
        if (parameters.Length != averageDelta.Length)
        {
            throw new ArgumentException($"{parameters.Length} parameters and a delta of {averageDelta.Length}.");
        }
    }
}
