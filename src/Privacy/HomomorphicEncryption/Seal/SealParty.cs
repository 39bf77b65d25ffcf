using System.Runtime.InteropServices;
using System.Security.Cryptography;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>One of several parties that hold a SEAL key together: the sum of their keys, which nobody has.</summary>
/// <remarks>
/// Mouchet et al., "Multiparty Homomorphic Encryption from Ring-Learning-with-Errors", PoPETs 2021: public shares
/// b_i = −(a·s_i + e_i) on one common a, and partial decryptions c1·s_i + e_sm with the smudging noise of
/// <see cref="SmudgingNoise"/>. All parties are needed. For tests against peers; hospitals use the native transport.
/// One partial decryption per ciphertext ever: two of them for one c1 would average the smudging away.
/// </remarks>
internal sealed class SealParty : IDisposable
{
    private readonly SealParameters _parameters;
    private readonly SmudgingNoise _noise;
    private readonly ulong[] _secret;
    private readonly ulong[] _share;
    private readonly HashSet<string> _decrypted = new(StringComparer.Ordinal);
    private bool _disposed;

    private SealParty(SealParameters parameters, SmudgingNoise noise, ulong[] secret, ulong[] share)
        => (_parameters, _noise, _secret, _share) = (parameters, noise, secret, share);

    /// <summary>This party's half b_i of the public key: residues at key level in the order of the NTT.</summary>
    internal ReadOnlySpan<ulong> PublicShare => _share;

    /// <summary>A party with a fresh secret.</summary>
    /// <param name="common">The seed of a, the same for all parties and chosen by none of them alone.</param>
    /// <param name="parties">How many parties share the key.</param>
    /// <param name="addends">How many ciphertexts a decrypted one may be the sum of.</param>
    /// <exception cref="SealFormatException">So many parties and addends leave no room below q/t.</exception>
    internal static SealParty Create(SealParameters parameters, SealSeed common, int parties, int addends)
    {
        SealBfv.RequireBfv(parameters, parameters);
        SmudgingNoise noise = new(parameters.Degree, parties, threshold: parties, addends, droppedBits: 0);

        // A quarter of a step, which is where decryption gives up.
        double room = (double)(parameters.DataLevel.Modulus / parameters.PlainModulus) / 4;
        if (noise.Bound > room)
        {
            throw new SealFormatException(
                $"Smudging for {parties} parties and {addends} addends does not fit: q/t leaves too little room.");
        }

        ulong[] a = CommonPolynomial(parameters, common);
        using RingSampler sampler = new(AesCounterStream.Fresh());
        (ulong[] secret, ulong[] share) = RingKeys.Generate(parameters.RingOf(parameters.KeyLevel), a, sampler);
        return new SealParty(parameters, noise, secret, share);
    }

    /// <summary>The key of all parties; <paramref name="common"/> is written in place of its second half.</summary>
    internal static SealPublicKey CollectiveKey(
        SealParameters parameters,
        SealSeed common,
        IEnumerable<SealParty> parties)
    {
        Ring ring = parameters.RingOf(parameters.KeyLevel);
        ulong[] sum = new ulong[ring.Words];
        foreach (SealParty party in parties)
        {
            AddPolynomial(ring, sum, party._share);
        }

        return SealPublicKey.Create(parameters, [.. sum, .. CommonPolynomial(parameters, common)], common);
    }

    /// <summary>This party's c1·s_i + e_sm, in coefficient form.</summary>
    /// <exception cref="InvalidOperationException">This party has decrypted that c1 before.</exception>
    internal ulong[] PartiallyDecrypt(SealCiphertext ciphertext)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        SealBfv.RequireBfv(_parameters, ciphertext.Parameters);
        Ring ring = _parameters.RingOf(ciphertext.Level);
        RequireFirst(ciphertext.Residues[ring.Words..]);

        // Pinned until the smudging is in: before it, the product gives the secret away.
        ulong[] partial = ring.AllocateSecret();
        SealBfv.MultiplySecond(ring, ciphertext, _secret, partial);

        long[] smudging = GC.AllocateArray<long>(ring.Degree, pinned: true);
        ulong[] row = GC.AllocateArray<ulong>(ring.Degree, pinned: true);
        using RingSampler sampler = new(AesCounterStream.Fresh());
        sampler.UniformSum(smudging, _noise.Terms, _noise.TermBits);
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            Modulus modulus = ring.Tables[j].Modulus;
            ResidueArithmetic.Spread(smudging, row, modulus);
            ResidueArithmetic.Add(ring.Row(partial, j), row, modulus);
        }

        Ring.Wipe(smudging);
        Ring.Wipe(row);
        return partial;
    }

    /// <summary>Opens a ciphertext with the partial decryptions of all parties.</summary>
    /// <exception cref="DecryptionException">They do not open it.</exception>
    internal static SealPlaintext Combine(SealCiphertext ciphertext, IEnumerable<ulong[]> partials)
    {
        Ring ring = ciphertext.Parameters.RingOf(ciphertext.Level);
        ulong[] sum = new ulong[ring.Words];
        foreach (ulong[] partial in partials)
        {
            AddPolynomial(ring, sum, partial);
        }

        return SealBfv.Open(ciphertext, sum);
    }

    public void Dispose()
    {
        Ring.Wipe(_secret);
        _disposed = true;
    }

    private static ulong[] CommonPolynomial(SealParameters parameters, SealSeed common)
    {
        ulong[] a = new ulong[SealPolynomialPair.Words(parameters, parameters.KeyLevel)];
        common.Expand(parameters.Degree, parameters.Primes.AsSpan(), a);
        return a;
    }

    private static void AddPolynomial(Ring ring, Span<ulong> sum, ReadOnlySpan<ulong> addend)
    {
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            ResidueArithmetic.Add(ring.Row(sum, j), ring.Row(addend, j), ring.Tables[j].Modulus);
        }
    }

    private void RequireFirst(ReadOnlySpan<ulong> second)
    {
        byte[] digest = SHA256.HashData(MemoryMarshal.AsBytes(second));
        if (!_decrypted.Add(Convert.ToHexString(digest)))
        {
            throw new InvalidOperationException("This party has decrypted that ciphertext before.");
        }
    }
}
