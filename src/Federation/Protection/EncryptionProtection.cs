using System.Security.Cryptography;
using DigitalTwin.Federation.Participation;
using DigitalTwin.Federation.Rounds;
using DigitalTwin.Privacy.HomomorphicEncryption;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Federation.Protection;

/// <summary>Encryption under the collective key of the study, which its last key ceremony made.</summary>
/// <remarks>
/// A hospital gives one decryption share per sum, to the decryptors that the ledger fixed for it, ever: a second share
/// for the same ciphertext under another set would open a way to its key.
/// </remarks>
internal sealed class EncryptionProtection(string site, SecretStore secrets) : NodeProtection
{
    public override JoinedKeys Join(StudyState study, RoundState round) => new(null, null);

    public override bool Remembers(StudyState study, RoundState round) => true;

    public override byte[] Deal(StudyState study, RoundState round) =>
        throw new InvalidOperationException("No shares are dealt under a collective key.");

    public override IEnumerable<string> NeededToProtect(StudyState study, RoundState round) =>
        [study.KeyRound!.Outcome!.Sum];

    public override byte[] Protect(
        StudyState study, RoundState round, Span<ulong> slots, Func<string, byte[]?> artefact)
    {
        RoundState ceremony = study.KeyRound!;
        CollectiveKey key = CollectiveKey.Parse(
            ThresholdSetting.Of(ceremony).Parameters,
            RoundContexts.OfCeremony(study, ceremony),
            Read(artefact, ceremony.Outcome!.Sum));
        byte[] addend = key.Encrypt(slots, round.Terms.SlotBits).ToBytes();
        slots.Clear();
        return addend;
    }

    public override IEnumerable<string> NeededToOpen(StudyState study, RoundState round) =>
        round.Decryptors.Contains(site)
            ? [study.KeyRound!.Outcome!.Sum, .. round.Survivors.Select(survivor => round.Commitments[survivor])]
            : [];

    public override byte[] Open(StudyState study, RoundState round, Func<string, byte[]?> artefact)
    {
        RoundState ceremony = study.KeyRound!;
        ThresholdSetting setting = ThresholdSetting.Of(ceremony);
        Dictionary<string, byte[]> addends = round.Survivors.ToDictionary(
            survivor => survivor, survivor => Read(artefact, round.Commitments[survivor]), StringComparer.Ordinal);
        EncryptedVector sum = SumOpener.EncryptedSum(
            study, round, addends, Read(artefact, ceremony.Outcome!.Sum));
        byte[] kept = secrets.Get(KeyCeremony.NameOf(study, ceremony))
            ?? throw new CohortException("This node's share of the study's key is gone.");
        try
        {
            using DecryptionKeyShare share = DecryptionKeyShare.Import(
                setting.Parameters, setting.Parties, site, kept);
            return share.PartiallyDecrypt(sum, round.Decryptors);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(kept);
        }
    }

    public override void Forget(StudyState study, bool all)
    {
        // The key share serves all rounds of the study; the ceremony that made it deletes it.
    }

    public override void Dispose()
    {
    }

    private static byte[] Read(Func<string, byte[]?> artefact, string digest) =>
        artefact(digest) ?? throw new CohortException($"The artefact {digest} is missing.");
}
