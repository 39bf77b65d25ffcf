using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>
/// Sharing of 32-byte secrets so that any threshold of shares gives the secret, and fewer give nothing.
/// </summary>
/// <remarks>
/// Shamir, "How to Share a Secret", CACM 1979, over <see cref="BinaryField128"/>. A secret is two field elements, each
/// 16 bytes, most significant first, shared under the same indices; the format of either half is that of
/// PyCryptodome's Crypto.Protocol.SecretSharing with ssss=False. The secret is the constant coefficient, share i the
/// polynomial at the number i, which counts from 1.
/// </remarks>
internal static class Shamir
{
    /// <summary>Bytes of a secret and of a share of it.</summary>
    internal const int SecretSize = 32;

    private const int ElementBytes = 16;
    private const int Halves = SecretSize / ElementBytes;

    /// <summary>Shares 1 to <paramref name="shares"/>, one after another. Pinned; the caller wipes them.</summary>
    /// <exception cref="ArgumentException">The secret has another length.</exception>
    /// <exception cref="ArgumentOutOfRangeException">The threshold is not in [1, shares].</exception>
    internal static byte[] Split(ReadOnlySpan<byte> secret, int threshold, int shares)
    {
        RequireSize(secret, nameof(secret));
        ArgumentOutOfRangeException.ThrowIfLessThan(threshold, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(threshold, shares);

        byte[] coefficients = SecretBytes.Allocate((threshold - 1) * SecretSize);
        try
        {
            RandomNumberGenerator.Fill(coefficients);
            return Evaluate(secret, coefficients, shares);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(coefficients);
        }
    }

    /// <summary>
    /// The shares that given coefficients make: threshold − 1 times 32 bytes, the coefficient of the highest power
    /// first. Only vectors of other implementations and tests choose them.
    /// </summary>
    internal static byte[] Evaluate(ReadOnlySpan<byte> secret, ReadOnlySpan<byte> coefficients, int shares)
    {
        byte[] dealt = SecretBytes.Allocate(shares * SecretSize);
        for (int share = 0; share < shares; share++)
        {
            UInt128 index = (UInt128)(share + 1);
            for (int half = 0; half < Halves; half++)
            {
                // Horner, from the highest power down to the secret.
                UInt128 value = 0;
                for (int at = half * ElementBytes; at < coefficients.Length; at += SecretSize)
                {
                    value = BinaryField128.Multiply(value, index) ^ ElementAt(coefficients, at);
                }

                value = BinaryField128.Multiply(value, index) ^ ElementAt(secret, half * ElementBytes);
                int position = (share * SecretSize) + (half * ElementBytes);
                BinaryPrimitives.WriteUInt128BigEndian(dealt.AsSpan(position), value);
            }
        }

        return dealt;
    }

    /// <summary>
    /// The secret of which <paramref name="shares"/> are shares. Pinned; the caller wipes it. Too few, or altered,
    /// shares give 32 other bytes: only the caller can tell.
    /// </summary>
    /// <param name="indices">The number of each share, from 1, each once.</param>
    /// <param name="shares">32 bytes per index, in the same order.</param>
    /// <exception cref="ArgumentException">An index stands twice or is no index, or the lengths differ.</exception>
    internal static byte[] Combine(ReadOnlySpan<int> indices, ReadOnlySpan<byte> shares)
    {
        if (indices.IsEmpty)
        {
            throw new ArgumentException("No share gives nothing.", nameof(indices));
        }

        return Combine(WeightsAtZero(indices), shares);
    }

    /// <summary>The same for weights that serve many secrets whose shares have the same indices.</summary>
    internal static byte[] Combine(ReadOnlySpan<UInt128> weights, ReadOnlySpan<byte> shares)
    {
        if (shares.Length != weights.Length * SecretSize)
        {
            throw new ArgumentException($"Expected {SecretSize} bytes for each of {weights.Length} shares.");
        }

        Span<UInt128> halves = stackalloc UInt128[Halves];
        halves.Clear();
        for (int share = 0; share < weights.Length; share++)
        {
            for (int half = 0; half < Halves; half++)
            {
                UInt128 value = ElementAt(shares, (share * SecretSize) + (half * ElementBytes));
                halves[half] ^= BinaryField128.Multiply(weights[share], value);
            }
        }

        byte[] secret = SecretBytes.Allocate(SecretSize);
        for (int half = 0; half < Halves; half++)
        {
            BinaryPrimitives.WriteUInt128BigEndian(secret.AsSpan(half * ElementBytes), halves[half]);
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(halves));
        return secret;
    }

    /// <summary>Lagrange's weights at zero: the product of j / (i + j) over all other indices j.</summary>
    internal static UInt128[] WeightsAtZero(ReadOnlySpan<int> indices)
    {
        UInt128[] weights = new UInt128[indices.Length];
        UInt128[] denominators = new UInt128[indices.Length];
        UInt128[] products = new UInt128[indices.Length + 1];
        products[0] = 1;
        for (int i = 0; i < indices.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(indices[i], 1, nameof(indices));
            (weights[i], denominators[i]) = (1, 1);
            for (int j = 0; j < indices.Length; j++)
            {
                if (i != j)
                {
                    // Also the subtraction: in characteristic two they are one.
                    UInt128 difference = (UInt128)(indices[i] ^ indices[j]);
                    if (difference == 0)
                    {
                        throw new ArgumentException($"Share {indices[i]} is given twice.", nameof(indices));
                    }

                    weights[i] = BinaryField128.Multiply(weights[i], (UInt128)indices[j]);
                    denominators[i] = BinaryField128.Multiply(denominators[i], difference);
                }
            }

            products[i + 1] = BinaryField128.Multiply(products[i], denominators[i]);
        }

        // One inversion for all denominators (Montgomery, "Speeding the Pollard and Elliptic Curve Methods", 1987).
        UInt128 inverse = BinaryField128.Inverse(products[^1]);
        for (int i = indices.Length - 1; i >= 0; i--)
        {
            UInt128 ownInverse = BinaryField128.Multiply(inverse, products[i]);
            weights[i] = BinaryField128.Multiply(weights[i], ownInverse);
            inverse = BinaryField128.Multiply(inverse, denominators[i]);
        }

        return weights;
    }

    private static UInt128 ElementAt(ReadOnlySpan<byte> bytes, int position) =>
        BinaryPrimitives.ReadUInt128BigEndian(bytes[position..]);

    private static void RequireSize(ReadOnlySpan<byte> secret, string name)
    {
        if (secret.Length != SecretSize)
        {
            throw new ArgumentException($"Expected {SecretSize} bytes, got {secret.Length}.", name);
        }
    }
}
