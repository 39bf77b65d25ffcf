namespace DigitalTwin.Clinical.Tests;

/// <summary>SplitMix64 (Steele, Lea, Flood 2014): repeatable words for tests.</summary>
internal static class SplitMix
{
    internal static Func<ulong> From(ulong seed)
    {
        ulong state = seed;
        return () =>
        {
            unchecked
            {
                ulong word = state += 0x9E3779B97F4A7C15;
                word = (word ^ (word >> 30)) * 0xBF58476D1CE4E5B9;
                word = (word ^ (word >> 27)) * 0x94D049BB133111EB;
                return word ^ (word >> 31);
            }
        };
    }
}
