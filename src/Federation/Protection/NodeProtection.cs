using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;

namespace DigitalTwin.Federation.Protection;

/// <summary>A hospital's half of a protection: it hides this hospital's addends and helps to open their sums.</summary>
/// <remarks>
/// What it holds in memory is gone after a restart: until it has committed, the hospital then leaves the round. What
/// the others rely on from then on is kept in a <see cref="SecretStore"/> and deleted when the round is over.
/// </remarks>
internal abstract class NodeProtection : IDisposable
{
    /// <summary>The public keys that this hospital brings to the round; the same at each call.</summary>
    public abstract JoinedKeys Join(StudyState study, RoundState round);

    /// <summary>Whether the secrets behind the keys on the ledger are still here.</summary>
    public abstract bool Remembers(StudyState study, RoundState round);

    /// <summary>The share bundle that this hospital deals; the same at each call.</summary>
    public abstract byte[] Deal(StudyState study, RoundState round);

    /// <summary>Digests of what <see cref="Protect"/> reads.</summary>
    public abstract IEnumerable<string> NeededToProtect(StudyState study, RoundState round);

    /// <summary>The protected addend as it travels. From here on this hospital can help to open the sum.</summary>
    /// <param name="slots">The statistic in clear; overwritten.</param>
    /// <exception cref="Privacy.SecureAggregation.CohortException">A share or key would not protect it.</exception>
    public abstract byte[] Protect(
        StudyState study, RoundState round, Span<ulong> slots, Func<string, byte[]?> artefact);

    /// <summary>Digests of what <see cref="Open"/> reads.</summary>
    public abstract IEnumerable<string> NeededToOpen(StudyState study, RoundState round);

    /// <summary>This hospital's part in opening the sum of the round's survivors.</summary>
    /// <remarks>Its caller writes the answer down before it leaves, and never asks twice.</remarks>
    /// <exception cref="Privacy.SecureAggregation.CohortException">The survivors are not what they must be.</exception>
    public abstract byte[] Open(StudyState study, RoundState round, Func<string, byte[]?> artefact);

    /// <summary>Drops the secrets of rounds of this study that are over, or all of them.</summary>
    public abstract void Forget(StudyState study, bool all);

    public abstract void Dispose();
}
