using System.Buffers.Binary;
using System.Security.Cryptography;
using DigitalTwin.Privacy.Keccak;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>The mask two nodes share for one round: one adds it, the other subtracts it, the sum forgets it.</summary>
/// <remarks>
/// Pairwise masking of Bonawitz et al., "Practical Secure Aggregation", CCS 2017. Words live in Z/2^64, where wrapping
/// around is the group law; every other overflow in this assembly is a bug and throws.
/// </remarks>
public static class PairwiseMask
{
    /// <summary>Length in bytes of the secret that two nodes agree on by ECDH.</summary>
    public const int SecretSize = 32;

    /// <summary>
    /// Bytes of mask that exist at a time: small enough for the stack, large enough to amortise the calls.
    /// </summary>
    private const int ChunkBytes = 4096;

    private static ReadOnlySpan<byte> Domain => "DigitalTwin/secagg/pairwise-mask/v1"u8;

    /// <summary>Masks <paramref name="update"/> in place.</summary>
    /// <param name="update">Words of Z/2^64.</param>
    /// <param name="secret">32 bytes that no third party knows, used for one round and attempt only.</param>
    /// <param name="round">Number of the round.</param>
    /// <param name="sign">The two nodes of a pair take opposite signs.</param>
    /// <exception cref="ArgumentException"><paramref name="secret"/> has another length.</exception>
    public static void Apply(Span<ulong> update, ReadOnlySpan<byte> secret, ulong round, MaskSign sign)
    {
        if (secret.Length != SecretSize)
        {
            throw new ArgumentException($"Expected {SecretSize} bytes, got {secret.Length}.", nameof(secret));
        }

        if (sign is not (MaskSign.Add or MaskSign.Subtract))
        {
            throw new ArgumentOutOfRangeException(nameof(sign), sign, "A mask is added or subtracted.");
        }

        // The domain comes first and is used nowhere else, so no other SHAKE256 call can produce this stream.
        Span<byte> seed = stackalloc byte[Domain.Length + sizeof(ulong) + SecretSize];
        Domain.CopyTo(seed);
        BinaryPrimitives.WriteUInt64LittleEndian(seed[Domain.Length..], round);
        secret.CopyTo(seed[^SecretSize..]);

        using ShakeStream stream = new(seed);
        CryptographicOperations.ZeroMemory(seed);

        Span<byte> chunk = stackalloc byte[ChunkBytes];
        while (!update.IsEmpty)
        {
            Span<ulong> part = update[..int.Min(update.Length, ChunkBytes / sizeof(ulong))];
            stream.Fill(chunk[..(part.Length * sizeof(ulong))]);
            for (int i = 0; i < part.Length; i++)
            {
                ulong word = BinaryPrimitives.ReadUInt64LittleEndian(chunk[(i * sizeof(ulong))..]);
                part[i] = sign == MaskSign.Add ? unchecked(part[i] + word) : unchecked(part[i] - word);
            }

            update = update[part.Length..];
        }

        CryptographicOperations.ZeroMemory(chunk);
    }
}
