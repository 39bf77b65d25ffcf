namespace DigitalTwin.Privacy.DifferentialPrivacy.Accounting;

/// <summary>Outcomes of a mechanism that share one privacy loss ln(P/Q).</summary>
/// <param name="Loss">ln(<paramref name="P"/>/<paramref name="Q"/>), in nats.</param>
/// <param name="P">Their probability with the patient.</param>
/// <param name="Q">Their probability without.</param>
internal readonly record struct LossAtom(double Loss, double P, double Q);
