using System.Numerics;
using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>The random polynomials of the scheme, exact and in a time that does not depend on what is drawn.</summary>
/// <remarks>
/// Masks, shifts and population counts only; where a draw is thrown away, the time tells how many were thrown away and
/// nothing about those that were kept. Not safe for concurrent use.
/// </remarks>
internal sealed class RingSampler(AesCounterStream stream) : IDisposable
{
    /// <summary>Coins on each side of the centred binomial error: variance 21/2, as SEAL's (util/rlwe.cpp).</summary>
    internal const int ErrorCoins = 21;

    /// <summary>Variance of an error coefficient.</summary>
    internal const double ErrorVariance = ErrorCoins / 2.0;

    /// <summary>Variance of a ternary coefficient.</summary>
    internal const double TernaryVariance = 2.0 / 3.0;

    // 3^5: five ternary digits in a byte.
    private const int TernaryBound = 243;
    private const int TernaryDigits = 5;

    private readonly byte[] _bytes = GC.AllocateArray<byte>(16 * 1024, pinned: true);

    /// <summary>Uniform on {−1, 0, 1}: bytes below 3^5 hold five digits each, larger ones are thrown away.</summary>
    internal void Ternary(Span<int> coefficients)
    {
        unchecked
        {
            int used = _bytes.Length;
            int i = 0;
            while (i < coefficients.Length)
            {
                if (used == _bytes.Length)
                {
                    stream.Fill(_bytes);
                    used = 0;
                }

                uint digits = _bytes[used++];
                if (digits >= TernaryBound)
                {
                    continue;
                }

                for (int digit = 0; digit < TernaryDigits && i < coefficients.Length; digit++, i++)
                {
                    // ⌊x/3⌋ = ⌊171x/512⌋ for every byte.
                    uint third = (digits * 171) >> 9;
                    coefficients[i] = (int)(digits - (3 * third)) - 1;
                    digits = third;
                }
            }

            CryptographicOperations.ZeroMemory(_bytes);
        }
    }

    /// <summary>Centred binomial: 21 coins less 21 coins, from the low 42 bits of a word.</summary>
    internal void Error(Span<int> coefficients)
    {
        unchecked
        {
            const ulong Side = (1ul << ErrorCoins) - 1;
            for (int start = 0; start < coefficients.Length;)
            {
                ReadOnlySpan<ulong> words = NextWords(coefficients.Length - start);
                Span<int> part = coefficients.Slice(start, words.Length);
                for (int i = 0; i < part.Length; i++)
                {
                    ulong coins = words[i];
                    part[i] = BitOperations.PopCount(coins & Side)
                        - BitOperations.PopCount((coins >> ErrorCoins) & Side);
                }

                start += part.Length;
            }

            CryptographicOperations.ZeroMemory(_bytes);
        }
    }

    /// <summary>Uniform residues: as many bits as the prime has, drawn again where the prime is reached.</summary>
    internal void Uniform(Span<ulong> residues, Modulus modulus)
    {
        unchecked
        {
            ulong mask = (1ul << modulus.Bits) - 1;
            for (int filled = 0; filled < residues.Length;)
            {
                foreach (ulong word in NextWords(residues.Length - filled))
                {
                    ulong candidate = word & mask;
                    residues[filled] = candidate;
                    filled += candidate < modulus.Value ? 1 : 0;
                }
            }

            CryptographicOperations.ZeroMemory(_bytes);
        }
    }

    /// <summary>
    /// The sum of <paramref name="terms"/> independent uniform integers of <paramref name="bits"/> bits, less its mean.
    /// </summary>
    /// <remarks>
    /// Variance terms·(4^bits − 1)/12. The Irwin–Hall distribution on integers: exact, symmetric, bounded, and strictly
    /// sub-Gaussian with variance proxy terms·4^bits/12, because a uniform integer plus a uniform fraction is uniform
    /// on an interval. <paramref name="terms"/> is even, so that the mean is an integer.
    /// </remarks>
    internal void UniformSum(Span<long> sums, int terms, int bits)
    {
        unchecked
        {
            ulong mask = (1ul << bits) - 1;
            long mean = (terms / 2) * (long)mask;
            sums.Fill(-mean);
            for (int term = 0; term < terms; term++)
            {
                for (int start = 0; start < sums.Length;)
                {
                    ReadOnlySpan<ulong> words = NextWords(sums.Length - start);
                    Span<long> part = sums.Slice(start, words.Length);
                    for (int i = 0; i < part.Length; i++)
                    {
                        part[i] += (long)(words[i] & mask);
                    }

                    start += part.Length;
                }
            }

            CryptographicOperations.ZeroMemory(_bytes);
        }
    }

    public void Dispose()
    {
        CryptographicOperations.ZeroMemory(_bytes);
        stream.Dispose();
    }

    // The words are little-endian in the stream; on a big-endian machine public coins would differ.
    private Span<ulong> NextWords(int most)
    {
        Span<byte> bytes = _bytes.AsSpan(0, int.Min(most, _bytes.Length / sizeof(ulong)) * sizeof(ulong));
        stream.Fill(bytes);
        Span<ulong> words = MemoryMarshal.Cast<byte, ulong>(bytes);
        if (!BitConverter.IsLittleEndian)
        {
            System.Buffers.Binary.BinaryPrimitives.ReverseEndianness(words, words);
        }

        return words;
    }
}
