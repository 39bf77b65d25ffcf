namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>A SEAL ciphertext of two polynomials (c0, c1), which decrypts by c0 + c1·s; it can be summed.</summary>
public sealed class SealCiphertext
{
    private const string Name = "ciphertext";

    private readonly SealPolynomialPair _pair;

    private SealCiphertext(SealPolynomialPair pair) => _pair = pair;

    public SealParameters Parameters => _pair.Parameters;

    /// <summary>The level that the ciphertext is at.</summary>
    public ParmsId ParmsId => _pair.Level.Id;

    /// <summary>CKKS: what the encoded values were multiplied with. BFV: 1.</summary>
    public double Scale => _pair.Scale;

    /// <summary>True where c1 came as a seed, and will go as one.</summary>
    public bool IsSeeded => _pair.Seed is not null;

    internal SealLevel Level => _pair.Level;

    /// <summary>
    /// Residues by polynomial, prime and coefficient; BFV in coefficient form, CKKS in the order of the NTT.
    /// </summary>
    internal ReadOnlySpan<ulong> Residues => _pair.Residues;

    /// <summary>Reads a ciphertext, full or seeded.</summary>
    /// <param name="parameters">What the ciphertext must belong to.</param>
    /// <param name="bytes">The object and nothing else.</param>
    /// <exception cref="SealFormatException">
    /// The bytes are not such a ciphertext, a residue is not reduced, or c1 is zero.
    /// </exception>
    public static SealCiphertext Parse(SealParameters parameters, ReadOnlySpan<byte> bytes)
        => new(SealPolynomialPair.Parse(parameters, bytes, Name, isKey: false));

    /// <summary>The ciphertext in SEAL's format, by default in version 4.1 and not compressed.</summary>
    public byte[] ToBytes(SealEncoding? encoding = null) => _pair.ToBytes(encoding);

    /// <summary>The ciphertext of the sum of both messages; BFV wraps modulo t. It is never seeded.</summary>
    /// <exception cref="SealFormatException">The other has other parameters, or another level or scale.</exception>
    public SealCiphertext Plus(SealCiphertext other)
    {
        if (other.ParmsId != ParmsId || !other.Scale.Equals(Scale))
        {
            throw new SealFormatException("Only ciphertexts of one level and scale can be summed.");
        }

        ulong[] sum = Residues.ToArray();
        int degree = Parameters.Degree;
        for (int start = 0; start < sum.Length; start += degree)
        {
            Modulus modulus = new(Parameters.Primes[start / degree % Level.Primes]);
            ResidueArithmetic.Add(sum.AsSpan(start, degree), other.Residues.Slice(start, degree), modulus);
        }

        return Create(Parameters, Level, Scale, sum);
    }

    /// <summary>A ciphertext of reduced residues, which it keeps.</summary>
    /// <exception cref="SealFormatException">c1 is zero.</exception>
    internal static SealCiphertext Create(
        SealParameters parameters,
        SealLevel level,
        double scale,
        ulong[] residues,
        SealSeed? seed = null)
    {
        bool isNtt = parameters.Scheme == SealScheme.Ckks;
        SealPolynomialPair pair = new(parameters, level, isNtt, scale, residues, seed);
        pair.RequireHidden(Name);
        return new SealCiphertext(pair);
    }
}
