using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.HospitalNode.Membership;

/// <summary>
/// New keys of a member that wait for the ledger to name them, and then take the place of the old ones.
/// </summary>
/// <remarks>
/// They lie in <c>identity/next</c>. Whoever asks for them, the member by <c>key-rotated</c> or the others by vote, it
/// is the record on the member's own copy of the ledger that moves them: at any crash the folder holds both pairs.
/// </remarks>
public static class KeyChange
{
    private const string NextName = "next";

    /// <summary>Makes the new keys, or finds those that wait already.</summary>
    /// <returns>The fields of <c>key-rotated</c>, but for <c>dataHead</c>, which the signing process adds.</returns>
    /// <exception cref="NodeException">The folder holds no enrolled member.</exception>
    public static JsonObject Prepare(MemberFolder folder)
    {
        ArgumentNullException.ThrowIfNull(folder);
        MemberIdentity identity = folder.Load();
        string consortium = new PredicateReader(Envelope.Parse(File.ReadAllBytes(folder.Genesis)).Statement.Predicate)
            .Identifier("consortium");
        (string record, string witness) = Files(folder);
        DurableFile.CreateFolder(Path.GetDirectoryName(record)!);
        using RecordKey old = RecordKey.Load(folder.RecordKey);
        using RecordKey next = EnrolmentClient.LoadOrMake(
            record, RecordKey.Load, RecordKey.Generate, key => key.Save(record));
        using Ed25519Key nextWitness = EnrolmentClient.LoadOrMake(
            witness, Ed25519Key.Load, Ed25519Key.Generate, key => key.Save(witness));
        NoteVerifierKey witnessKey = NoteVerifierKey.Witness(identity.Member, nextWitness.PublicKey);
        byte[] Message(string key) => KeyRotation.Message(consortium, identity.Member, old.KeyId, key);
        return new JsonObject
        {
            ["identityKey"] = Convert.ToHexStringLower(next.PublicKey),
            ["identityProof"] = Convert.ToHexStringLower(next.Sign(Message(next.KeyId))),
            ["witnessKey"] = witnessKey.ToString(),
            ["witnessProof"] = Convert.ToHexStringLower(nextWitness.Sign(Message(witnessKey.ToString()))),
        };
    }

    /// <summary>Moves waiting keys into place if the ledger names them as the member's own.</summary>
    /// <returns>Whether keys changed.</returns>
    public static bool Settle(MemberFolder folder, Member? member)
    {
        ArgumentNullException.ThrowIfNull(folder);
        (string record, string witness) = Files(folder);
        if (member is null || !File.Exists(record))
        {
            return false;
        }

        using (RecordKey next = RecordKey.Load(record))
        {
            if (next.KeyId != member.KeyId)
            {
                return false;
            }
        }

        // The identity key moves last: while it waits, both moves are tried again.
        if (File.Exists(witness))
        {
            File.Move(witness, folder.WitnessKey, overwrite: true);
            DurableFile.SyncFolder(folder.Identity);
        }

        File.Move(record, folder.RecordKey, overwrite: true);
        DurableFile.SyncFolder(folder.Identity);
        return true;
    }

    /// <summary>
    /// The member as its own copy of the ledger shows it; null before anything was copied.
    /// </summary>
    public static Member? OnOwnCopy(MemberFolder folder, string member)
    {
        ArgumentNullException.ThrowIfNull(folder);
        if (!File.Exists(Path.Combine(folder.AuthorizationLog, EntryLog.FileName)))
        {
            return null;
        }

        using EntryLog authorization = EntryLog.OpenRead(folder.AuthorizationLog);
        return MemberRegistry.Replay(authorization).Find(member);
    }

    private static (string Record, string Witness) Files(MemberFolder folder)
    {
        string next = Path.Combine(folder.Identity, NextName);
        return (Path.Combine(next, Path.GetFileName(folder.RecordKey)),
            Path.Combine(next, Path.GetFileName(folder.WitnessKey)));
    }
}
