using System.Globalization;
using System.Text;

namespace DigitalTwin.Ledger.Notes;

/// <summary>A group of a policy: it has witnessed a checkpoint where enough of its members have.</summary>
internal sealed record PolicyGroup(string Name, int Threshold, IReadOnlyList<string> Members);

/// <summary>Takes in a policy line by line; what a line may name stands above it.</summary>
internal sealed class PolicyReader
{
    // The specification asks for 32 of each; a consortium of a hundred hospitals has a hundred witnesses.
    private const int MostOfAKind = 256;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, true);

    private readonly List<NoteVerifierKey> _logs = [];
    private readonly Dictionary<string, NoteVerifierKey> _witnesses = new(StringComparer.Ordinal);
    private readonly List<PolicyGroup> _groups = [];
    private readonly HashSet<string> _names = new(StringComparer.Ordinal);
    private readonly HashSet<string> _members = new(StringComparer.Ordinal);
    private readonly HashSet<string> _publicKeys = new(StringComparer.Ordinal);
    private readonly StringBuilder _text = new();

    public IReadOnlyList<NoteVerifierKey> Logs => _logs;

    public IReadOnlyDictionary<string, NoteVerifierKey> Witnesses => _witnesses;

    /// <summary>The groups in the order of the file.</summary>
    public IReadOnlyList<PolicyGroup> Groups => _groups;

    public string? Quorum { get; private set; }

    /// <summary>The lines so far, one character for each octet.</summary>
    public string Text => _text.ToString();

    /// <summary>Reads one line.</summary>
    /// <param name="number">Its number, from one, for the message.</param>
    /// <param name="line">The line without its newline, one character for each octet.</param>
    /// <exception cref="NoteFormatException">The line does not belong here.</exception>
    public void Take(int number, string line)
    {
        _text.Append(line).Append('\n');
        string[] words = line.Split([' ', '\t'], StringSplitOptions.RemoveEmptyEntries);
        if (words.Length == 0 || words[0][0] == '#')
        {
            return;
        }

        string? trouble = words switch
        {
            ["log", string key] => Log(key),
            ["log", string key, _] => Log(key),
            ["witness", string name, string key] => Witness(name, key),
            ["witness", string name, string key, _] => Witness(name, key),
            ["group", string name, string threshold, _, ..] => Group(name, threshold, words[3..]),
            ["quorum", string name] => SetQuorum(name),
            _ => "it is none of log, witness, group and quorum with what belongs to them",
        };
        if (trouble is not null)
        {
            throw new NoteFormatException($"Line {number} of the policy: {trouble}.");
        }
    }

    private string? Log(string key)
    {
        (NoteVerifierKey? log, string? trouble) = KeyOf(key, NoteKeyType.Log);
        if (log is null || _logs.Count == MostOfAKind)
        {
            return trouble ?? $"there are more than {MostOfAKind} logs";
        }

        _logs.Add(log);
        return null;
    }

    private string? Witness(string name, string key)
    {
        (NoteVerifierKey? witness, string? trouble) = KeyOf(key, NoteKeyType.Witness);
        if (witness is null || _witnesses.Count == MostOfAKind)
        {
            return trouble ?? $"there are more than {MostOfAKind} witnesses";
        }

        if (name == PolicyFile.NoQuorum || !_names.Add(name))
        {
            return "its name is taken";
        }

        _witnesses.Add(name, witness);
        return null;
    }

    private string? Group(string name, string threshold, string[] members)
    {
        int count = threshold switch
        {
            "any" => 1,
            "all" => members.Length,
            _ => int.TryParse(threshold, NumberStyles.None, CultureInfo.InvariantCulture, out int given) ? given : 0,
        };
        if (count < 1 || count > members.Length)
        {
            return $"its threshold must be any, all or a number from 1 to {members.Length}";
        }

        if (!members.All(_names.Contains))
        {
            return "a member of the group is not defined above it";
        }

        // Counted twice, one witness could be a quorum of two.
        if (!members.All(_members.Add))
        {
            return "a member of the group belongs to a group already";
        }

        if (name == PolicyFile.NoQuorum || !_names.Add(name) || _groups.Count == MostOfAKind)
        {
            return $"its name is taken, or there are more than {MostOfAKind} groups";
        }

        _groups.Add(new PolicyGroup(name, count, members));
        return null;
    }

    private string? SetQuorum(string name)
    {
        if (Quorum is not null)
        {
            return "the quorum is defined already";
        }

        Quorum = name;
        return name == PolicyFile.NoQuorum || _names.Contains(name) ? null : "its quorum is not defined above it";
    }

    // Two keys with the same public key are one party, whatever they are called.
    private (NoteVerifierKey? Key, string? Trouble) KeyOf(string octets, NoteKeyType type)
    {
        try
        {
            NoteVerifierKey key = NoteVerifierKey.Parse(
                StrictUtf8.GetString(System.Text.Encoding.Latin1.GetBytes(octets)));
            return key.Type != type ? (null, $"its key is not a key of a {type.ToString().ToLowerInvariant()}")
                : !_publicKeys.Add($"{type} {Convert.ToHexString(key.PublicKey)}") ? (null, "its key is listed twice")
                : (key, null);
        }
        catch (Exception error) when (error is NoteFormatException or DecoderFallbackException)
        {
            return (null, "its key is no verifier key of a known type");
        }
    }
}
