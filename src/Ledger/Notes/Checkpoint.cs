using System.Globalization;
using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Notes;

/// <summary>
/// What a log says it holds: origin, size and root (C2SP tlog-checkpoint v1.0.0, no extension lines).
/// </summary>
public sealed record Checkpoint(string Origin, long Size, MerkleHash Root)
{
    /// <summary>The text of the note.</summary>
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{Origin}\n{Size}\n{Root}\n");

    /// <summary>Reads the text of a note.</summary>
    /// <exception cref="NoteFormatException">The text is not a checkpoint in its one form.</exception>
    public static Checkpoint Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        string[] lines = text.Split('\n');
        if (lines.Length != 4 || lines[3].Length != 0 || lines[0].Length == 0
            || !long.TryParse(lines[1], NumberStyles.None, CultureInfo.InvariantCulture, out long size))
        {
            throw new NoteFormatException("A checkpoint is three lines: origin, size, root.");
        }

        try
        {
            Checkpoint checkpoint = new(lines[0], size, MerkleHash.Parse(lines[2]));

            // A size with leading zeros would give one head several texts.
            return checkpoint.Text == text
                ? checkpoint
                : throw new NoteFormatException("The checkpoint is not in canonical form.");
        }
        catch (FormatException error) when (error is not NoteFormatException)
        {
            throw new NoteFormatException(error.Message, error);
        }
    }
}
