using System.Globalization;
using System.Text;
using DigitalTwin.Ledger.Members;

namespace DigitalTwin.Ledger.Notes;

/// <summary>Which logs and witnesses a reader trusts, and how many of them must have signed a checkpoint.</summary>
/// <remarks>
/// C2SP tlog-policy. Logs have keys of type 0x01 and witnesses of type 0x04; a file with keys of a type that is not
/// known here, such as ML-DSA, is refused as a whole and not read as a weaker one.
/// </remarks>
public sealed class PolicyFile
{
    /// <summary>Largest file in bytes.</summary>
    public const int MaxBytes = 64 * 1024;

    /// <summary>The quorum that asks for no cosignature.</summary>
    public const string NoQuorum = "none";

    private const string Hospitals = "hospitals";

    private readonly PolicyReader _parts;

    private PolicyFile(PolicyReader parts) => _parts = parts;

    /// <summary>Keys of the logs, any of which may have signed.</summary>
    public IReadOnlyList<NoteVerifierKey> Logs => _parts.Logs;

    /// <summary>Keys of the witnesses by their names in this file.</summary>
    public IReadOnlyDictionary<string, NoteVerifierKey> Witnesses => _parts.Witnesses;

    /// <summary>Name of the witness or group that must have signed, or <see cref="NoQuorum"/>.</summary>
    public string Quorum => _parts.Quorum!;

    /// <summary>Reads a file.</summary>
    /// <exception cref="NoteFormatException">The bytes are not a policy; the message names the line.</exception>
    public static PolicyFile Parse(ReadOnlySpan<byte> octets)
    {
        if (octets.Length > MaxBytes)
        {
            throw new NoteFormatException($"A policy has at most {MaxBytes} bytes.");
        }

        // Octets above 0x7F are opaque in names; Latin-1 keeps each as one character.
        string text = System.Text.Encoding.Latin1.GetString(octets);
        if (!text.EndsWith('\n') || text.Any(c => c is (< ' ' and not '\n' and not '\t') or '\u007f'))
        {
            throw new NoteFormatException("A policy is lines, each with its newline, without control characters.");
        }

        PolicyReader parts = new();
        foreach ((int number, string line) in text[..^1].Split('\n').Index())
        {
            parts.Take(number + 1, line);
        }

        return parts.Quorum is null
            ? throw new NoteFormatException("A policy must have one quorum line.")
            : new PolicyFile(parts);
    }

    /// <summary>
    /// The policy of a consortium at one size of its authorization log: both logs, and the quorum of its hospitals.
    /// </summary>
    /// <remarks>
    /// Checkpoints that earlier members cosigned need the policy of their time: a policy knows no history.
    /// </remarks>
    /// <param name="registry">The members, read from the authorization log.</param>
    /// <param name="authorizationSize">The size whose hospitals are meant.</param>
    /// <exception cref="ArgumentException">The registry has read no genesis record.</exception>
    public static PolicyFile OfConsortium(MemberRegistry registry, long authorizationSize)
    {
        ArgumentNullException.ThrowIfNull(registry);
        if (registry.LogKeys is not { } keys)
        {
            throw new ArgumentException("A consortium begins with its genesis record.", nameof(registry));
        }

        IReadOnlyList<Member> hospitals = registry.HospitalsAt(authorizationSize);
        StringBuilder file = new();
        file.Append(CultureInfo.InvariantCulture, $"# Consortium {registry.Consortium}, ");
        file.Append(CultureInfo.InvariantCulture, $"{authorizationSize} authorization records.\n");
        file.Append(CultureInfo.InvariantCulture, $"log {keys.Authorization}\nlog {keys.Data}\n");

        // No identifier of a member holds a slash, so none is taken for the group or for the word none.
        foreach (Member hospital in hospitals)
        {
            file.Append(CultureInfo.InvariantCulture, $"witness hospital/{hospital.Id} {hospital.WitnessKey}\n");
        }

        if (hospitals.Count > 0)
        {
            string names = string.Join(' ', hospitals.Select(hospital => $"hospital/{hospital.Id}"));
            int quorum = Members.Quorum.Of(hospitals.Count);
            file.Append(CultureInfo.InvariantCulture, $"group {Hospitals} {quorum} {names}\n");
        }

        file.Append(CultureInfo.InvariantCulture, $"quorum {(hospitals.Count > 0 ? Hospitals : NoQuorum)}\n");
        string text = file.ToString();
        return Parse(System.Text.Encoding.UTF8.GetBytes(text));
    }

    /// <summary>Null where the policy accepts the checkpoint, else the sentence that says why not.</summary>
    public string? Refuses(SignedNote checkpoint)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        try
        {
            string origin = Checkpoint.Parse(checkpoint.Text).Origin;
            if (!checkpoint.VerifiedBy(Logs).Any(log => log.Name == origin))
            {
                return $"The checkpoint of {origin} is signed by no log of the policy.";
            }

            IReadOnlyList<NoteVerifierKey> signers = checkpoint.VerifiedBy(Witnesses.Values);
            HashSet<string> witnessed =
                [.. Witnesses.Where(witness => signers.Contains(witness.Value)).Select(witness => witness.Key)];

            // A group names only what stands above it, so one pass in the order of the file settles all.
            foreach (PolicyGroup group in _parts.Groups)
            {
                if (group.Members.Count(witnessed.Contains) >= group.Threshold)
                {
                    witnessed.Add(group.Name);
                }
            }

            return Quorum == NoQuorum || witnessed.Contains(Quorum)
                ? null
                : $"The checkpoint of {origin} carries {signers.Count} valid cosignatures of "
                    + $"{Witnesses.Count} witnesses, which is not the quorum '{Quorum}'.";
        }
        catch (NoteFormatException error)
        {
            return error.Message;
        }
    }

    /// <summary>The lines of the file, comments included.</summary>
    public string Format() =>
        System.Text.Encoding.UTF8.GetString(System.Text.Encoding.Latin1.GetBytes(_parts.Text));
}
