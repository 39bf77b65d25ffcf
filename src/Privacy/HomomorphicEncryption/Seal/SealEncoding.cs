namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>Which dialect of the format an object is written in.</summary>
/// <remarks>
/// SEAL up to 4.3 reads its own minor version and 3.4 to 3.7 only, SEAL 4.4 every minor version up to its own;
/// node-seal is SEAL 4.1. So 4.1 is what every peer reads.
/// </remarks>
/// <param name="Major">3 or 4. Version 3 has no correction factor in a ciphertext.</param>
/// <param name="Minor">At least 4 if <paramref name="Major"/> is 3.</param>
/// <param name="Compression">Of the object's body; nested objects are never compressed.</param>
public sealed record SealEncoding(byte Major, byte Minor, SealCompression Compression)
{
    /// <summary>Version 4.1, not compressed.</summary>
    public static SealEncoding Default { get; } = new(4, 1, SealCompression.None);

    /// <summary>Version 4.1, the body compressed by zlib.</summary>
    public static SealEncoding Zlib { get; } = Default with { Compression = SealCompression.Zlib };

    /// <summary>True where ciphertexts carry a correction factor, which BGV needs.</summary>
    internal bool HasCorrectionFactor => Major == 4;

    /// <summary>True where the format of seeds and their expansion is the one of SEAL 3.6 and later.</summary>
    internal bool HasGeneratorInfo => Major == 4 || Minor >= 6;

    internal bool IsKnown => Major switch { 3 => Minor >= 4, 4 => true, _ => false };
}
