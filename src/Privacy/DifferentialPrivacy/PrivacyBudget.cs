namespace DigitalTwin.Privacy.DifferentialPrivacy;

/// <summary>An (ε, δ) of differential privacy: what may be spent, or what has been.</summary>
/// <remarks>Dwork and Roth, "The Algorithmic Foundations of Differential Privacy", 2014, definition 2.4.</remarks>
/// <param name="Epsilon">Zero or more; infinite where nothing is promised.</param>
/// <param name="Delta">From zero up to, and without, one.</param>
public readonly record struct PrivacyBudget(double Epsilon, double Delta)
{
    public double Epsilon { get; init => field = CheckedEpsilon(value); } = CheckedEpsilon(Epsilon);

    public double Delta { get; init => field = CheckedDelta(value); } = CheckedDelta(Delta);

    private static double CheckedEpsilon(double epsilon) => epsilon >= 0
        ? epsilon
        : throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, "Epsilon is zero or more.");

    private static double CheckedDelta(double delta) => delta is >= 0 and < 1
        ? delta
        : throw new ArgumentOutOfRangeException(nameof(delta), delta, "Delta is at least zero and below one.");
}
