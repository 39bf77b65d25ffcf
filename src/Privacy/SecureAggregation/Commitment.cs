using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>A salted digest that can stand on a public ledger: deleting the salt erases what it stood for.</summary>
/// <remarks>
/// SHA-256("twin/&lt;kind&gt;/v1\n" ‖ salt ‖ digest). Hiding because the salt is 256 random bits, binding because
/// SHA-256 resists collisions and every field but the first has a fixed length.
/// </remarks>
public static class Commitment
{
    /// <summary>Length in bytes of salt, digest and commitment.</summary>
    public const int Size = 32;

    private static readonly SearchValues<char> KindCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789-");

    /// <summary>32 bytes.</summary>
    /// <param name="kind">What is committed to, for example "update": lower-case letters, digits and hyphens.</param>
    /// <param name="salt32">32 random bytes, secret as long as the content is.</param>
    /// <param name="digest32">SHA-256 of the content.</param>
    /// <exception cref="ArgumentException">
    /// Another length, or a kind that could be read as more than a kind.
    /// </exception>
    public static byte[] Of(string kind, ReadOnlySpan<byte> salt32, ReadOnlySpan<byte> digest32)
    {
        ArgumentException.ThrowIfNullOrEmpty(kind);
        if (kind.AsSpan().ContainsAnyExcept(KindCharacters))
        {
            throw new ArgumentException("A kind is made of lower-case letters, digits and hyphens.", nameof(kind));
        }

        if (salt32.Length != Size)
        {
            throw new ArgumentException($"Expected {Size} bytes, got {salt32.Length}.", nameof(salt32));
        }

        if (digest32.Length != Size)
        {
            throw new ArgumentException($"Expected {Size} bytes, got {digest32.Length}.", nameof(digest32));
        }

        return SHA256.HashData([.. Encoding.ASCII.GetBytes($"twin/{kind}/v1\n"), .. salt32, .. digest32]);
    }
}
