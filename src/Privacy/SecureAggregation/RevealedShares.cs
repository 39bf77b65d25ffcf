using System.Security.Cryptography;

namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>What one holder reveals: of every dealer whose shares it holds, one share.</summary>
/// <remarks>
/// Version (1 byte) ‖ digest of the context (32) ‖ digest of dealers and survivors (32) ‖ for every such dealer in
/// ordinal order: kind (1) ‖ share (32).
/// </remarks>
public sealed class RevealedShares
{
    internal const byte Version = 1;
    internal const int HeaderBytes = 1 + (2 * SHA256.HashSizeInBytes);
    internal const int EntryBytes = 1 + Shamir.SecretSize;

    private readonly byte[] _bytes;
    private readonly string[] _dealers;

    private RevealedShares(byte[] bytes, string[] dealers)
    {
        _bytes = bytes;
        _dealers = dealers;
    }

    /// <summary>Nothing that a node of a cohort of this size reveals is longer.</summary>
    public static int MostBytes(int cohort) => HeaderBytes + (cohort * EntryBytes);

    /// <summary>
    /// What <paramref name="holder"/> revealed, once it is what that holder must reveal for that set.
    /// </summary>
    /// <returns>Null, with the fault as the end of a sentence about the holder, where it is not.</returns>
    internal static RevealedShares? Parse(byte[] bytes, string holder, SurvivorSet set, out string fault)
    {
        string[] dealers = set.DealersHeldBy(holder);
        fault = FaultOf(bytes, dealers, set);
        return fault.Length == 0 ? new RevealedShares([.. bytes], dealers) : null;
    }

    /// <summary>The bytes for given shares: the two of every dealer that is held, 64 bytes each.</summary>
    internal static byte[] Write(SurvivorSet set, string[] held, ReadOnlySpan<byte> pairs)
    {
        byte[] bytes = new byte[MostBytes(held.Length)];
        bytes[0] = Version;
        set.ContextDigest.CopyTo(bytes.AsSpan(1));
        set.Digest.CopyTo(bytes.AsSpan(1 + SHA256.HashSizeInBytes));
        for (int i = 0; i < held.Length; i++)
        {
            ShareKind kind = set.KindFor(held[i]);
            Span<byte> entry = bytes.AsSpan(HeaderBytes + (i * EntryBytes), EntryBytes);
            entry[0] = (byte)kind;
            ShareBundle.Of(kind, pairs.Slice(i * ShareBundle.PairBytes, ShareBundle.PairBytes)).CopyTo(entry[1..]);
        }

        return bytes;
    }

    /// <summary>The share of one dealer, or empty where this holder holds none.</summary>
    internal ReadOnlySpan<byte> ShareOf(string dealer)
    {
        int at = Array.BinarySearch(_dealers, dealer, StringComparer.Ordinal);
        return at < 0 ? [] : _bytes.AsSpan(HeaderBytes + (at * EntryBytes) + 1, Shamir.SecretSize);
    }

    private static string FaultOf(byte[] bytes, string[] dealers, SurvivorSet set)
    {
        if (bytes.Length != MostBytes(dealers.Length))
        {
            return $"revealed {bytes.Length} bytes where {dealers.Length} shares take {MostBytes(dealers.Length)}";
        }

        if (bytes[0] != Version)
        {
            return $"revealed shares of version {bytes[0]}, not {Version}";
        }

        if (!bytes.AsSpan(1, SHA256.HashSizeInBytes).SequenceEqual(set.ContextDigest))
        {
            return "revealed shares of another round, attempt, plan, model or cohort";
        }

        if (!bytes.AsSpan(1 + SHA256.HashSizeInBytes, SHA256.HashSizeInBytes).SequenceEqual(set.Digest))
        {
            return "revealed shares for other dealers or survivors";
        }

        for (int i = 0; i < dealers.Length; i++)
        {
            if (bytes[HeaderBytes + (i * EntryBytes)] != (byte)set.KindFor(dealers[i]))
            {
                return $"revealed the wrong kind of share of node {dealers[i]}";
            }
        }

        return "";
    }
}
