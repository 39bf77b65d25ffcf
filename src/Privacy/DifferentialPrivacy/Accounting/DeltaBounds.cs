namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>Two numbers that the true δ lies between.</summary>
public readonly record struct DeltaBounds(double Lower, double Upper);
