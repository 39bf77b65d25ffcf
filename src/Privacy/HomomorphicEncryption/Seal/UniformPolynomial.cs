using System.Buffers.Binary;
using System.Runtime.InteropServices;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>Uniform residues in SEAL's order of draws (SEAL: rlwe.cpp, sample_poly_uniform).</summary>
internal static class UniformPolynomial
{
    /// <summary>Fills <paramref name="residues"/>, one polynomial per prime.</summary>
    /// <remarks>
    /// One word per residue is drawn for all primes first. Words of the incomplete multiple of the prime at the top of
    /// the range are then drawn again from where the stream stands, prime by prime, so that no residue is more likely
    /// than another. The polynomial is public: its time may depend on it.
    /// </remarks>
    internal static void Sample(SealRandomStream stream, int degree, ReadOnlySpan<ulong> primes, Span<ulong> residues)
    {
        stream.Fill(MemoryMarshal.AsBytes(residues));
        Span<byte> again = stackalloc byte[sizeof(ulong)];
        for (int j = 0; j < primes.Length; j++)
        {
            ulong prime = primes[j];
            ulong limit = Limit(prime);
            foreach (ref ulong residue in residues.Slice(j * degree, degree))
            {
                ulong word = BitConverter.IsLittleEndian ? residue : BinaryPrimitives.ReverseEndianness(residue);
                while (word >= limit)
                {
                    stream.Fill(again);
                    word = BinaryPrimitives.ReadUInt64LittleEndian(again);
                }

                residue = word % prime;
            }
        }
    }

    /// <summary>Words from here on are drawn again: SEAL's (2^64 − 1) − ((2^64 − 1) mod q) − 1.</summary>
    /// <remarks>
    /// One less than the largest multiple of q below 2^64, which would do; SEAL rejects one word more, and whoever
    /// expands its seeds does the same. The residue q − 1 is then less likely than the others by one part in 2^64 / q.
    /// </remarks>
    internal static ulong Limit(ulong prime) => ulong.MaxValue - (ulong.MaxValue % prime) - 1;
}
