namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>The first bytes of a partial decryption.</summary>
internal static class PartialHeader
{
    /// <summary>Length.</summary>
    internal const int Bytes = 4;

    internal static ReadOnlySpan<byte> Value => "dtp1"u8;
}
