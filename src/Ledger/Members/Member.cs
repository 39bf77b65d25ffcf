using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Members;

/// <summary>One party of the consortium as the authorization log admitted it.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Role">What it may do.</param>
/// <param name="IdentityKey">SubjectPublicKeyInfo of the key that signs its records.</param>
/// <param name="TlsKey">Lower-case hex SHA-256 of the SubjectPublicKeyInfo of its TLS key.</param>
/// <param name="WitnessKey">The key it cosigns with; every hospital has one.</param>
/// <param name="AdmittedAt">Index of the admitting record: it is a member at every larger size of the log.</param>
public sealed record Member(
    string Id, Role Role, byte[] IdentityKey, string TlsKey, NoteVerifierKey? WitnessKey, long AdmittedAt)
{
    /// <summary>Whether it belongs to the consortium in an authorization log of this size.</summary>
    public bool IsActiveAt(long authorizationSize) => AdmittedAt < authorizationSize;
}
