namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>The partial decryptions do not open the ciphertext.</summary>
/// <remarks>
/// One message for every cause: how far off the noise is, and in which ciphertext, would tell an attacker who alters
/// ciphertexts about the key (reaction attacks).
/// </remarks>
public sealed class DecryptionException()
    : Exception("The partial decryptions do not open this ciphertext: one of them, or the ciphertext, is wrong.");
