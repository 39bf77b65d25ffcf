namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>The encryption scheme of a parameter set; the values are SEAL's. BGV (3) is not read.</summary>
public enum SealScheme : byte
{
    /// <summary>Brakerski/Fan–Vercauteren: exact arithmetic modulo the plain modulus.</summary>
    Bfv = 1,

    /// <summary>Cheon–Kim–Kim–Song: approximate arithmetic on real numbers.</summary>
    Ckks = 2,
}
