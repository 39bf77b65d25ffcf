namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Arrays for secrets: pinned, so that the collector leaves no copy behind when it moves them.</summary>
internal static class SecretBytes
{
    /// <summary>Length in bytes of a seed, of a derived key and of a share of either.</summary>
    internal const int KeySize = 32;

    internal static byte[] Allocate(int bytes) => GC.AllocateArray<byte>(bytes, pinned: true);

    internal static byte[] CopyOf(ReadOnlySpan<byte> secret)
    {
        byte[] copy = Allocate(secret.Length);
        secret.CopyTo(copy);
        return copy;
    }
}
