using DigitalTwin.Federation.Rounds;
using DigitalTwin.Federation.Studies;

namespace DigitalTwin.Federation.Participation;

/// <summary>The rows that a hospital offers to a study now, and what the ledger has to know of them.</summary>
/// <param name="Data">The rows whose consent holds; all of them where no consent is asked for.</param>
/// <param name="Record">
/// The <c>snapshot-committed</c> that must be on the ledger before the next round is joined; null where it is.
/// </param>
/// <param name="Exclusions">Digest of the proofs of who is not among the rows; null without any.</param>
/// <param name="Refusal">Why these rows may not be trained on; null where they may.</param>
public sealed record Snapshot(SiteData Data, Draft? Record = null, string? Exclusions = null, Refusal? Refusal = null);
