using System.Globalization;
using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Notes;

/// <summary>
/// The lines that proofs are written in: a word with a number, then one hash in base64 on each line.
/// </summary>
internal static class HashLines
{
    /// <summary>Reads the hashes of a proof.</summary>
    /// <exception cref="NoteFormatException">There are too many, or one is malformed.</exception>
    public static MerkleHash[] Parse(string[] lines, int most)
    {
        if (lines.Length > most)
        {
            throw new NoteFormatException($"A proof has at most {most} hashes, not {lines.Length}.");
        }

        try
        {
            return [.. lines.Select(MerkleHash.Parse)];
        }
        catch (FormatException error)
        {
            throw new NoteFormatException(error.Message, error);
        }
    }

    /// <summary>Reads a line of a word and a number without leading zeros.</summary>
    /// <exception cref="NoteFormatException">The line is another.</exception>
    public static long Number(string line, string word) => line.StartsWith(word, StringComparison.Ordinal)
        && long.TryParse(line[word.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        && number.ToString(CultureInfo.InvariantCulture).Length == line.Length - word.Length
            ? number
            : throw new NoteFormatException($"A line must be '{word}<number>'.");
}
