namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>How the body of a serialized object is stored; the values are SEAL's.</summary>
/// <remarks>SEAL's default, Zstandard (2), is not in the class library: peers are asked for one of these.</remarks>
public enum SealCompression : byte
{
    None = 0,

    /// <summary>RFC 1950.</summary>
    Zlib = 1,
}
