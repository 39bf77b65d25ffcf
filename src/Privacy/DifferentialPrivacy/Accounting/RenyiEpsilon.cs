namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>An ε found by Rényi differential privacy.</summary>
/// <param name="Epsilon">ε; infinite where no order bounds it.</param>
/// <param name="Order">The order α that gave it; not a number where none did.</param>
public readonly record struct RenyiEpsilon(double Epsilon, double Order);
