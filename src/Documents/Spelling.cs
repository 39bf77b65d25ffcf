namespace DigitalTwin.Documents;

/// <summary>Finds the word a person most likely meant.</summary>
internal static class Spelling
{
    /// <summary>Words further apart than this share of their length are different words, not misspellings.</summary>
    private const double LargestShare = 0.4;

    /// <summary>The allowed word nearest to <paramref name="written"/>, or null where none is near.</summary>
    internal static string? Nearest(string written, ReadOnlySpan<string> allowed)
    {
        string? nearest = null;
        int smallest = int.MaxValue;
        foreach (string candidate in allowed)
        {
            int distance = Distance(written.ToLowerInvariant(), candidate.ToLowerInvariant());
            if (distance < smallest && distance <= LargestShare * int.Max(written.Length, candidate.Length))
            {
                smallest = distance;
                nearest = candidate;
            }
        }

        return nearest;
    }

    /// <summary>Edits between two words: insertion, deletion, substitution, swap of neighbours, each once.</summary>
    /// <remarks>The restricted Damerau–Levenshtein distance (optimal string alignment).</remarks>
    internal static int Distance(string left, string right)
    {
        int[,] edits = new int[left.Length + 1, right.Length + 1];
        for (int i = 0; i <= left.Length; i++)
        {
            for (int j = 0; j <= right.Length; j++)
            {
                edits[i, j] = i == 0 ? j : j == 0 ? i : Cheapest(edits, left, right, i, j);
            }
        }

        return edits[left.Length, right.Length];
    }

    private static int Cheapest(int[,] edits, string left, string right, int i, int j)
    {
        int substitution = edits[i - 1, j - 1] + (left[i - 1] == right[j - 1] ? 0 : 1);
        int cheapest = int.Min(substitution, int.Min(edits[i - 1, j], edits[i, j - 1]) + 1);
        bool swapped = i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
        return swapped ? int.Min(cheapest, edits[i - 2, j - 2] + 1) : cheapest;
    }
}
