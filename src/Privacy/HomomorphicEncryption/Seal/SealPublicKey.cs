namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>A SEAL public key (b, a) with b = −(a·s + e): key level, in the order of the NTT.</summary>
public sealed class SealPublicKey
{
    private const string Name = "public key";

    private readonly SealPolynomialPair _pair;

    private SealPublicKey(SealPolynomialPair pair) => _pair = pair;

    public SealParameters Parameters => _pair.Parameters;

    /// <summary>True where a came as a seed, and will go as one.</summary>
    public bool IsSeeded => _pair.Seed is not null;

    /// <summary>Residues of b and then of a: by prime, then in the order of the NTT.</summary>
    internal ReadOnlySpan<ulong> Residues => _pair.Residues;

    /// <summary>Reads a public key, full or seeded.</summary>
    /// <param name="parameters">What the key must belong to.</param>
    /// <param name="bytes">The object and nothing else.</param>
    /// <exception cref="SealFormatException">
    /// The bytes are not such a key, a residue is not reduced, or a is zero.
    /// </exception>
    public static SealPublicKey Parse(SealParameters parameters, ReadOnlySpan<byte> bytes)
        => new(SealPolynomialPair.Parse(parameters, bytes, Name, isKey: true));

    /// <summary>The key in SEAL's format, by default in version 4.1 and not compressed.</summary>
    public byte[] ToBytes(SealEncoding? encoding = null) => _pair.ToBytes(encoding);

    /// <summary>A key of reduced residues, which it keeps; a seed stands for the second half of them.</summary>
    internal static SealPublicKey Create(SealParameters parameters, ulong[] residues, SealSeed? seed)
    {
        SealPolynomialPair pair = new(parameters, parameters.KeyLevel, isNtt: true, SealScale.None, residues, seed);
        pair.RequireHidden(Name);
        return new SealPublicKey(pair);
    }
}
