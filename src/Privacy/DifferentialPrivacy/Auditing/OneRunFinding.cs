namespace DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

/// <summary>What one run of the training says about a claim of differential privacy.</summary>
/// <param name="EpsilonLowerBound">
/// Every smaller ε is refuted at the claim's δ; 0 where none is. Too high with at most probability
/// <paramref name="Significance"/>.
/// </param>
/// <param name="Guesses">The threshold that refutes most, and how its guesses came out.</param>
/// <param name="Thresholds">How many thresholds were tried; <paramref name="PValue"/> is corrected for them.</param>
/// <param name="Significance">Probability of a false alarm that was allowed.</param>
/// <param name="PValue">An upper bound of the probability of such guesses under the claim.</param>
public sealed record OneRunFinding(
    double EpsilonLowerBound, CanaryGuesses Guesses, int Thresholds, double Significance, double PValue)
{
    /// <summary>Whether the claim cannot be true, but for a false alarm.</summary>
    public bool IsRefuted => PValue < Significance;
}
