using DigitalTwin.Federation.Rounds;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Privacy.HomomorphicEncryption;

namespace DigitalTwin.Federation.Protection;

/// <summary>The parties and parameters of a study's threshold key, as its key ceremony fixed them.</summary>
/// <param name="Parties">Holders of a key share, in ordinal order.</param>
/// <param name="Parameters">Ring, plaintext and noise sizes for so many parties.</param>
public sealed record ThresholdSetting(IReadOnlyList<string> Parties, ThresholdParameters Parameters)
{
    /// <summary>The setting of the key made in <paramref name="ceremony"/>.</summary>
    public static ThresholdSetting Of(RoundState ceremony)
    {
        string[] parties = [.. ceremony.Participants.Order(StringComparer.Ordinal)];

        return new ThresholdSetting(
            parties, ThresholdParameters.For(parties.Length, ThresholdOf(ceremony), addends: parties.Length));
    }

    /// <summary>Decryptors that a sum under the key made in <paramref name="ceremony"/> takes.</summary>
    /// <remarks>
    /// The quorum of the ledger: fewer hospitals than can make a checkpoint final can't decrypt either.
    /// </remarks>
    public static int ThresholdOf(RoundState ceremony) => Quorum.Of(ceremony.Participants.Count);
}
