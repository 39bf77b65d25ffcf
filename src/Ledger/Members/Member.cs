using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Members;

/// <summary>Whether a member may act.</summary>
public enum MemberStatus
{
    /// <summary>It may do what its role may.</summary>
    Active,

    /// <summary>A vote took its rights until another vote reinstates it.</summary>
    Suspended,

    /// <summary>A vote ended its membership; what it wrote before stays valid.</summary>
    Removed,
}

/// <summary>One party of the consortium, as one stretch of the authorization log knows it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Role">What it may do.</param>
/// <param name="IdentityKey">SubjectPublicKeyInfo of the key that signs its records.</param>
/// <param name="TlsKey">Lower-case hex SHA-256 of the SubjectPublicKeyInfo of its TLS key.</param>
/// <param name="WitnessKey">The key it cosigns with; every hospital has one.</param>
/// <param name="AdmittedAt">Index of the record that admitted it.</param>
public sealed record Member(
    string Id, Role Role, byte[] IdentityKey, string TlsKey, NoteVerifierKey? WitnessKey, long AdmittedAt)
{
    /// <summary>What it may do in this stretch.</summary>
    public MemberStatus Status { get; init; }

    /// <summary>Index of the record that began this stretch, which holds at every larger size of the log.</summary>
    public long Since { get; init; } = AdmittedAt;

    /// <summary>
    /// Size of the data log when this stretch ended: from there on, no data record of the member may rest on it. Null
    /// while it lasts.
    /// </summary>
    public long? DataUntil { get; init; }

    /// <summary>Whether it may act.</summary>
    public bool IsActive => Status == MemberStatus.Active;

    /// <summary>Lower-case hex SHA-256 of the identity key, as envelopes name it.</summary>
    public string KeyId => Encoding.RecordKey.KeyIdOf(IdentityKey);
}
