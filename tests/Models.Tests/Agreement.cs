namespace DigitalTwin.Models.Tests;

/// <summary>Vectors that agree up to rounding.</summary>
internal static class Agreement
{
    /// <summary>Entry by entry within <paramref name="tolerance"/> of the larger of 1 and the expected size.</summary>
    public static void Close(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual, double tolerance)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.True(
                Math.Abs(expected[i] - actual[i]) <= tolerance * Math.Max(1, Math.Abs(expected[i])),
                FormattableString.Invariant($"Entry {i}: expected {expected[i]:R}, got {actual[i]:R}."));
        }
    }

    /// <summary>Entry by entry, bit by bit.</summary>
    public static void SameBits(ReadOnlySpan<double> expected, ReadOnlySpan<double> actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(BitConverter.DoubleToInt64Bits(expected[i]), BitConverter.DoubleToInt64Bits(actual[i]));
        }
    }
}
