using System.Security.Cryptography;
using DigitalTwin.Privacy.Keccak;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>One party's share of the secret of a collective key, and the rule that it answers once.</summary>
/// <remarks>
/// <para>S_j = Σ_i share_{i→j} is a point on a polynomial through s = Σ s_i. A partial decryption is
/// h_j = λ_j·c1·S_j + e_sm with the smudging noise of <see cref="SmudgingNoise"/>.</para>
/// <para>The noise is expanded from a secret seed, the digest of c1 and the active set: asking twice gives the same
/// bytes and no second look at the secret, also after a restart. Another active set for the same c1 is refused as long
/// as this object lives (Lattigo's warning about adaptive active sets; IACR ePrint 2025/409): to hold over restarts,
/// the caller records what was answered before it answers. Not safe for concurrent use.</para>
/// </remarks>
public sealed class DecryptionKeyShare : IDisposable
{
    private const byte ExportVersion = 1;
    private const int SeedBytes = 32;

    private readonly ThresholdParameters _parameters;
    private readonly PartyList _parties;
    private readonly int _point;
    private readonly ulong[] _share;
    private readonly byte[] _seed;
    private readonly Dictionary<string, string> _answered = new(StringComparer.Ordinal);
    private bool _disposed;

    private DecryptionKeyShare(
        ThresholdParameters parameters, PartyList parties, int point, ulong[] share, byte[] seed)
    {
        _parameters = parameters;
        _parties = parties;
        _point = point;
        _share = share;
        _seed = seed;
    }

    private static ReadOnlySpan<byte> Domain => "DigitalTwin/threshold-encryption/smudging/v1"u8;

    /// <summary>Sums what all dealers handed to <paramref name="self"/>.</summary>
    /// <param name="parameters">What was agreed on.</param>
    /// <param name="parties">All dealers in their agreed order.</param>
    /// <param name="self">The holder.</param>
    /// <param name="sharesByDealer">One share of every dealer; the caller wipes them.</param>
    /// <exception cref="CiphertextException">A dealer is missing or a stranger, or a share does not parse.</exception>
    public static DecryptionKeyShare Combine(
        ThresholdParameters parameters,
        IReadOnlyList<string> parties,
        string self,
        IReadOnlyDictionary<string, byte[]> sharesByDealer)
    {
        PartyList list = new(parameters, parties);
        int point = list.PointOf(self);
        if (sharesByDealer.Count != parameters.Parties)
        {
            throw new CiphertextException(
                $"Key shares: expected one of each of {parameters.Parties} dealers, got {sharesByDealer.Count}.");
        }

        Ring ring = parameters.Ring;
        ulong[] sum = ring.AllocateSecret();
        foreach (string dealer in parties)
        {
            if (!sharesByDealer.TryGetValue(dealer, out byte[]? bytes))
            {
                throw new CiphertextException($"Key shares: expected one of {dealer}, got none.");
            }

            ring.Check(bytes, $"Key share of {dealer}");
        }

        foreach (byte[] bytes in sharesByDealer.Values)
        {
            ring.Add(bytes, sum);
        }

        byte[] seed = GC.AllocateArray<byte>(SeedBytes, pinned: true);
        RandomNumberGenerator.Fill(seed);
        return new DecryptionKeyShare(parameters, list, point, sum, seed);
    }

    /// <summary>Reads what <see cref="Export"/> wrote.</summary>
    /// <exception cref="CiphertextException">The bytes are no share, or self is a stranger.</exception>
    public static DecryptionKeyShare Import(
        ThresholdParameters parameters, IReadOnlyList<string> parties, string self, ReadOnlySpan<byte> bytes)
    {
        PartyList list = new(parameters, parties);
        int point = list.PointOf(self);
        Ring ring = parameters.Ring;
        int expected = 1 + SeedBytes + ring.PackedBytes;
        if (bytes.Length != expected || bytes[0] != ExportVersion)
        {
            throw new CiphertextException(
                $"Exported key share: expected version {ExportVersion} and {expected} bytes, got {bytes.Length}.");
        }

        byte[] seed = GC.AllocateArray<byte>(SeedBytes, pinned: true);
        ulong[] share = ring.AllocateSecret();
        ring.Read(bytes[(1 + SeedBytes)..], share, "Exported key share");
        bytes.Slice(1, SeedBytes).CopyTo(seed);
        return new DecryptionKeyShare(parameters, list, point, share, seed);
    }

    /// <summary>
    /// The secret for safe keeping: whoever holds a threshold of these reads everything. The caller wipes it.
    /// </summary>
    public byte[] Export()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        byte[] bytes = GC.AllocateArray<byte>(1 + SeedBytes + _parameters.Ring.PackedBytes, pinned: true);
        bytes[0] = ExportVersion;
        _seed.CopyTo(bytes, 1);
        _parameters.Ring.Write(bytes.AsSpan(1 + SeedBytes), _share);
        return bytes;
    }

    /// <summary>This party's part of opening a sum.</summary>
    /// <param name="rerandomisedSum">The sum, as <see cref="EncryptedVector.Rerandomised"/> made it.</param>
    /// <param name="active">The decryptors: exactly the threshold, this party among them; in any order.</param>
    /// <returns><see cref="ThresholdParameters.PartialBytes"/> bytes; the same again for the same request.</returns>
    /// <exception cref="CiphertextException">
    /// The vector is not a re-randomised sum under these parameters, the active set has another size, a stranger, a
    /// repeated party or not this party, a ciphertext was answered for another active set, or the key has opened as
    /// many ciphertexts as it may.
    /// </exception>
    public byte[] PartiallyDecrypt(EncryptedVector rerandomisedSum, IReadOnlyList<string> active)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        rerandomisedSum.CheckDecryptable(_parameters);
        int[] points = _parties.ActivePoints(_parameters, active);
        if (!points.Contains(_point))
        {
            throw new CiphertextException("Active set: expected this party to be in it, got one without.");
        }

        byte[] set = PartyList.DigestOf(points);
        byte[][] digests = [.. rerandomisedSum.Ciphertexts.Select(ciphertext => ciphertext.C1Digest())];
        Record(digests, Convert.ToHexString(set));

        Ring ring = _parameters.Ring;
        byte[] result = new byte[PartialHeader.Bytes + (digests.Length * ring.PackedBytes)];
        PartialHeader.Value.CopyTo(result);
        for (int i = 0; i < digests.Length; i++)
        {
            int offset = PartialHeader.Bytes + (i * ring.PackedBytes);
            using AesCounterStream noise = NoiseFor(digests[i], set);
            Answer(rerandomisedSum.Ciphertexts[i], points, noise, result.AsSpan(offset, ring.PackedBytes));
        }

        return result;
    }

    /// <summary>Wipes the share and the seed.</summary>
    public void Dispose()
    {
        Ring.Wipe(_share);
        CryptographicOperations.ZeroMemory(_seed);
        _disposed = true;
    }

    /// <summary>
    /// Checks all ciphertexts before it records one, so that a refused request leaves nothing behind.
    /// </summary>
    internal void Record(byte[][] digests, string set)
    {
        string[] keys = [.. digests.Select(Convert.ToHexString)];
        foreach (string key in keys)
        {
            if (_answered.TryGetValue(key, out string? earlier)
                && !string.Equals(earlier, set, StringComparison.Ordinal))
            {
                throw new CiphertextException(
                    "Sum: expected one that was not answered before for another active set, got one that was.");
            }
        }

        int fresh = keys.Distinct(StringComparer.Ordinal).Count(key => !_answered.ContainsKey(key));
        if (_answered.Count + fresh > ThresholdParameters.MostDecryptions)
        {
            throw new CiphertextException(
                $"Key: expected at most {ThresholdParameters.MostDecryptions} ciphertexts, got more; make a new key.");
        }

        foreach (string key in keys)
        {
            _answered[key] = set;
        }
    }

    private AesCounterStream NoiseFor(byte[] digest, byte[] set)
    {
        byte[] message = GC.AllocateArray<byte>(Domain.Length + SeedBytes + digest.Length + set.Length, pinned: true);
        Domain.CopyTo(message);
        _seed.CopyTo(message, Domain.Length);
        digest.CopyTo(message, Domain.Length + SeedBytes);
        set.CopyTo(message, Domain.Length + SeedBytes + digest.Length);
        Span<byte> key = stackalloc byte[AesCounterStream.SeedBytes];
        using (ShakeStream shake = new(message))
        {
            shake.Fill(key);
        }

        AesCounterStream stream = new(key);
        CryptographicOperations.ZeroMemory(key);
        CryptographicOperations.ZeroMemory(message);
        return stream;
    }

    private void Answer(RingCiphertext ciphertext, int[] points, AesCounterStream noise, Span<byte> destination)
    {
        Ring ring = _parameters.Ring;
        using RingSampler sampler = new(noise);
        long[] smudging = GC.AllocateArray<long>(ring.Degree, pinned: true);
        ulong[] partial = ring.AllocateSecret();
        ulong[] weighted = GC.AllocateArray<ulong>(ring.Degree, pinned: true);
        sampler.UniformSum(smudging, _parameters.Noise.Terms, _parameters.Noise.TermBits);
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            NttTables tables = ring.Tables[j];
            Span<ulong> row = ring.Row(partial, j);
            ResidueArithmetic.Spread(smudging, row, tables.Modulus);
            tables.Forward(row);
            weighted.AsSpan().Clear();
            ResidueArithmetic.AddProduct(weighted, ring.Row(ciphertext.C1, j), ring.Row(_share, j), tables);
            ulong lagrange = PartyList.Lagrange(_point, points, tables.Modulus);
            ResidueArithmetic.ScaleAndAdd(weighted, lagrange, row, tables);
            weighted.CopyTo(row);
        }

        ring.Write(destination, partial);
        Ring.Wipe(smudging);
        Ring.Wipe(partial);
        Ring.Wipe(weighted);
    }
}
