namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>Two numbers that the true ε lies between.</summary>
public readonly record struct EpsilonBounds(double Lower, double Upper);
