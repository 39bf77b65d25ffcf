using System.Security.Cryptography;
using DigitalTwin.Ledger.Encoding;

namespace DigitalTwin.Ledger.Commitments;

/// <summary>A digest that can stand on the ledger: deleting the salt erases what it stood for.</summary>
/// <remarks>
/// C = SHA-256("twin/&lt;kind&gt;/v1\n" ‖ salt ‖ digest). Hiding while the salt is 256 secret random bits; binding
/// because SHA-256 resists collisions and every field behind the first line has a fixed length.
/// </remarks>
public static class SaltedCommitment
{
    /// <summary>Length in bytes of the salt, of the digest and of the commitment.</summary>
    public const int Size = SHA256.HashSizeInBytes;

    /// <summary>The commitment, <see cref="Size"/> bytes.</summary>
    /// <param name="kind">What is committed to, for example <c>update</c>: an identifier of the catalogue.</param>
    /// <param name="salt">32 random bytes, secret for as long as the content is.</param>
    /// <param name="digest">SHA-256 of the content.</param>
    /// <exception cref="ArgumentException">
    /// Salt or digest has another length, or the kind could be read as more than a kind.
    /// </exception>
    public static byte[] Of(string kind, ReadOnlySpan<byte> salt, ReadOnlySpan<byte> digest)
    {
        ArgumentNullException.ThrowIfNull(kind);
        if (!PredicateReader.IsIdentifier(kind))
        {
            throw new ArgumentException("A kind matches [a-z0-9][a-z0-9-]{0,62}.", nameof(kind));
        }

        Require(salt, nameof(salt));
        Require(digest, nameof(digest));
        return SHA256.HashData([.. System.Text.Encoding.ASCII.GetBytes($"twin/{kind}/v1\n"), .. salt, .. digest]);
    }

    private static void Require(ReadOnlySpan<byte> bytes, string argument)
    {
        if (bytes.Length != Size)
        {
            throw new ArgumentException($"Expected {Size} bytes, got {bytes.Length}.", argument);
        }
    }
}
