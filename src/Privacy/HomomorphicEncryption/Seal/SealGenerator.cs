namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>Which generator expands a seed; the values are SEAL's (randomgen.h, prng_type).</summary>
public enum SealGenerator : byte
{
    Blake2xb = 1,
    Shake256 = 2,
}
