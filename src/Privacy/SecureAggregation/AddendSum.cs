namespace DigitalTwin.Privacy.SecureAggregation;

/// <summary>Addition of addends as they are handed in: masked, and meaningless until every node's is in.</summary>
/// <remarks>All that a coordinator needs of secure aggregation; nothing here can take a mask off.</remarks>
public static class AddendSum
{
    /// <summary>Adds in Z/2^64, in place.</summary>
    /// <exception cref="ArgumentException">The lengths differ; <paramref name="sum"/> is left alone.</exception>
    public static void Add(Span<ulong> sum, ReadOnlySpan<ulong> addend)
    {
        if (sum.Length != addend.Length)
        {
            throw new ArgumentException($"Expected {sum.Length} words, got {addend.Length}.", nameof(addend));
        }

        for (int i = 0; i < sum.Length; i++)
        {
            sum[i] = unchecked(sum[i] + addend[i]);
        }
    }
}
