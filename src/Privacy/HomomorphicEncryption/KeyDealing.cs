namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>
/// What one party contributes to a collective key: a public share, and its secret split among all parties.
/// </summary>
/// <remarks>
/// The secret s_i is ternary; b_i = −(a·s_i + e_i). Shamir's scheme over R_q, prime by prime and value by value: a
/// polynomial of degree threshold − 1 through s_i at zero, evaluated at the parties' points 1 … n (Mouchet, Bertrand
/// and Hubaux, "An Efficient Threshold Access-Structure for RLWE-Based Multiparty Homomorphic Encryption", J.
/// Cryptology 2023). A dealer that hands out shares which do not fit b_i makes the sum unreadable; it is not named.
/// Used once, then disposed. Not safe for concurrent use.
/// </remarks>
public sealed class KeyDealing : IDisposable
{
    private readonly ThresholdParameters _parameters;
    private readonly PartyList _parties;

    // Coefficients of the sharing polynomial, the secret first.
    private readonly ulong[][] _polynomials;
    private readonly byte[] _publicShare;
    private bool _disposed;

    private KeyDealing(ThresholdParameters parameters, PartyList parties, ulong[][] polynomials, byte[] publicShare)
    {
        _parameters = parameters;
        _parties = parties;
        _polynomials = polynomials;
        _publicShare = publicShare;
    }

    /// <summary>b_i for everybody, <see cref="ThresholdParameters.PublicShareBytes"/> long.</summary>
    public byte[] PublicShare => [.. _publicShare];

    /// <summary>Draws a secret and shares it.</summary>
    /// <param name="parameters">What was agreed on.</param>
    /// <param name="ceremony32">Digest of the key ceremony, the same for all dealers.</param>
    /// <param name="parties">All dealers in their agreed order.</param>
    /// <param name="self">The dealer that holds this object.</param>
    /// <exception cref="CiphertextException">The parties are not as agreed, or self is a stranger.</exception>
    public static KeyDealing Create(
        ThresholdParameters parameters, ReadOnlySpan<byte> ceremony32, IReadOnlyList<string> parties, string self)
    {
        ulong[] a = CollectiveKey.CommonPolynomial(parameters.Ring, ceremony32);
        return Create(parameters, a, parties, self, AesCounterStream.Fresh());
    }

    /// <summary>Draws everything from <paramref name="stream"/>, which it takes over.</summary>
    internal static KeyDealing Create(
        ThresholdParameters parameters,
        ulong[] a,
        IReadOnlyList<string> parties,
        string self,
        AesCounterStream stream)
    {
        PartyList list = new(parameters, parties);
        list.PointOf(self);
        Ring ring = parameters.Ring;
        using RingSampler sampler = new(stream);
        (ulong[] secret, ulong[] share) = RingKeys.Generate(ring, a, sampler);

        ulong[][] polynomials = new ulong[parameters.Threshold][];
        polynomials[0] = secret;
        for (int power = 1; power < parameters.Threshold; power++)
        {
            polynomials[power] = ring.AllocateSecret();
            for (int j = 0; j < ring.PrimeCount; j++)
            {
                sampler.Uniform(ring.Row(polynomials[power], j), ring.Tables[j].Modulus);
            }
        }

        byte[] packed = new byte[ring.PackedBytes];
        ring.Write(packed, share);
        return new KeyDealing(parameters, list, polynomials, packed);
    }

    /// <summary>
    /// The secret share of one party, itself included: sent to it alone, encrypted. The caller wipes it.
    /// </summary>
    /// <exception cref="CiphertextException">The party is a stranger.</exception>
    public byte[] ShareFor(string party)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ulong point = (ulong)_parties.PointOf(party);
        Ring ring = _parameters.Ring;
        ulong[] share = ring.AllocateSecret();
        _polynomials[^1].CopyTo(share, 0);
        for (int power = _polynomials.Length - 2; power >= 0; power--)
        {
            for (int j = 0; j < ring.PrimeCount; j++)
            {
                ResidueArithmetic.ScaleAndAdd(
                    ring.Row(share, j), point, ring.Row(_polynomials[power], j), ring.Tables[j]);
            }
        }

        byte[] packed = GC.AllocateArray<byte>(ring.PackedBytes, pinned: true);
        ring.Write(packed, share);
        Ring.Wipe(share);
        return packed;
    }

    /// <summary>Wipes the secret and its polynomial.</summary>
    public void Dispose()
    {
        foreach (ulong[] polynomial in _polynomials)
        {
            Ring.Wipe(polynomial);
        }

        _disposed = true;
    }
}
