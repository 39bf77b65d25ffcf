using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Ledger.Members;

/// <summary>The message by which a new key agrees to take the place of an old one.</summary>
/// <remarks>
/// The record <c>key-rotated</c> is signed by the old identity key; without a signature of the new key a member could
/// claim a key that somebody else holds.
/// </remarks>
public static class KeyRotation
{
    private const string Domain = "digitaltwin.dev/key-rotation/v1";

    /// <summary>What the new key signs.</summary>
    /// <param name="consortium">Name of the consortium.</param>
    /// <param name="member">The member.</param>
    /// <param name="oldKeyId">Key id of the identity key that signs the record.</param>
    /// <param name="newKey">Key id of a new identity key, or the verifier key of a new witness key.</param>
    public static byte[] Message(string consortium, string member, string oldKeyId, string newKey) =>
        System.Text.Encoding.UTF8.GetBytes($"{Domain}\n{consortium}\n{member}\n{oldKeyId}\n{newKey}\n");

    /// <summary>Null where every new key of a record agrees, else which does not.</summary>
    internal static string? Refuses(PredicateReader fields, string consortium, Member member)
    {
        MemberKeys keys = MemberKeys.Read(fields);
        if (keys.Identity is byte[] identity && !(fields.Has("identityProof") && RecordKey.Verify(identity,
            Message(consortium, member.Id, member.KeyId, RecordKey.KeyIdOf(identity)), fields.Hex("identityProof"))))
        {
            return "The new identity key did not sign the rotation.";
        }

        bool agrees = keys.Witness is not NoteVerifierKey witness || (fields.Has("witnessProof")
            && witness.Type == NoteKeyType.Witness
            && Ed25519.Verify(witness.PublicKey,
                Message(consortium, member.Id, member.KeyId, witness.ToString()), fields.Hex("witnessProof")));
        return agrees ? null : "The new witness key did not sign the rotation.";
    }
}
