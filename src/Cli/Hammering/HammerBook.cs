using System.Globalization;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;

namespace DigitalTwin.Cli.Hammering;

/// <summary>What the writer said is durable, over all its lives; and what was found to be untrue.</summary>
internal sealed class HammerBook
{
    private const int MostProblems = 20;

    private readonly Lock _gate = new();
    private readonly List<MerkleHash?> _entries = [];
    private readonly List<string> _problems = [];

    /// <summary>Entries that were acknowledged.</summary>
    public long Acknowledged { get; private set; }

    /// <summary>Signed heads that were announced.</summary>
    public long Heads { get; private set; }

    /// <summary>The newest of them.</summary>
    public SignedNote? Newest { get; private set; }

    public IReadOnlyList<string> Problems
    {
        get
        {
            lock (_gate)
            {
                return [.. _problems];
            }
        }
    }

    /// <summary>Takes in a line of the writer; a line that a kill cut off says nothing.</summary>
    public void Hear(string line)
    {
        string[] words = line.Split(' ');
        try
        {
            if (words is ["entry", string index, string hash])
            {
                Entry(int.Parse(index, CultureInfo.InvariantCulture), MerkleHash.Parse(hash));
            }
            else if (words is ["head", string note])
            {
                Head(SignedNote.Parse(Convert.FromBase64String(note)));
            }
        }
        catch (FormatException)
        {
            // The rest of the line went down with the writer.
        }
    }

    /// <summary>The hash of an acknowledged entry; null where none was acknowledged.</summary>
    public MerkleHash? HashOf(long index)
    {
        lock (_gate)
        {
            return index < _entries.Count ? _entries[(int)index] : null;
        }
    }

    public void Problem(string sentence)
    {
        lock (_gate)
        {
            if (_problems.Count < MostProblems)
            {
                _problems.Add(sentence);
            }
        }
    }

    private void Entry(int index, MerkleHash hash)
    {
        lock (_gate)
        {
            while (_entries.Count <= index)
            {
                _entries.Add(null);
            }

            if (_entries[index] is not null)
            {
                _problems.Add($"Index {index} was given to two entries.");
            }

            _entries[index] = hash;
            Acknowledged++;
        }
    }

    private void Head(SignedNote note)
    {
        lock (_gate)
        {
            Heads++;
            Newest = note;
        }
    }
}
