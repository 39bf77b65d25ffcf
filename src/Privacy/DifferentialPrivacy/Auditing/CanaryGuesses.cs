namespace DigitalTwin.Privacy.DifferentialPrivacy.Auditing;

/// <summary>The canaries that a threshold takes for members, right and wrong.</summary>
/// <param name="Threshold">Least score that is taken for a member; infinite where none is.</param>
/// <param name="TruePositives">Of them, canaries that were in.</param>
/// <param name="FalsePositives">Of them, canaries that were left out.</param>
public readonly record struct CanaryGuesses(double Threshold, int TruePositives, int FalsePositives)
{
    /// <summary>Canaries that are taken for members.</summary>
    public int Count => TruePositives + FalsePositives;
}
