using DigitalTwin.Ledger.Notes;
using Microsoft.Win32.SafeHandles;

namespace DigitalTwin.Ledger.Keeping;

/// <summary>Reads the notes of <see cref="HeadHistory.FileName"/> one by one: a long history needs no memory.</summary>
internal sealed class HeadReader(SafeFileHandle file)
{
    private const int LinesOfNote = 5;
    private const int LinesOfIntention = 4;

    // No note is longer, so neither is what must be in memory.
    private byte[] _block = new byte[4096];
    private int _filled;

    /// <summary>The byte where the complete notes end, as far as they were read.</summary>
    public long End { get; private set; }

    /// <summary>Complete notes read so far.</summary>
    public int Complete { get; private set; }

    /// <summary>After the last note: the text of a head that was announced and not signed, or null.</summary>
    public string? Unfinished { get; private set; }

    /// <summary>The complete notes in their order.</summary>
    /// <exception cref="NoteFormatException">A complete note is malformed.</exception>
    public IEnumerable<SignedNote> Notes()
    {
        while (true)
        {
            if (EndOfLines(LinesOfNote) is int length)
            {
                SignedNote note = SignedNote.Parse(_block.AsSpan(0, length));
                Complete++;
                End += length;
                _block.AsSpan(length, _filled - length).CopyTo(_block);
                _filled -= length;
                yield return note;
            }
            else if (!ReadMore())
            {
                if (EndOfLines(LinesOfIntention) is int announced)
                {
                    Unfinished = System.Text.Encoding.UTF8.GetString(_block.AsSpan(0, announced - 1));
                }

                yield break;
            }
        }
    }

    private bool ReadMore()
    {
        if (_filled == _block.Length)
        {
            if (_filled > SignedNote.MaxBytes)
            {
                throw new NoteFormatException($"There is no note at byte {End}.");
            }

            Array.Resize(ref _block, 2 * _block.Length);
        }

        int read = RandomAccess.Read(file, _block.AsSpan(_filled), End + _filled);
        _filled += read;
        return read > 0;
    }

    private int? EndOfLines(int lines)
    {
        int end = 0;
        for (int i = 0; i < lines; i++)
        {
            int length = _block.AsSpan(end, _filled - end).IndexOf((byte)'\n');
            if (length < 0)
            {
                return null;
            }

            end += length + 1;
        }

        return end;
    }
}
