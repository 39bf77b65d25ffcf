using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Members;

/// <summary>What hospitals vote on.</summary>
public enum ProposalAction
{
    /// <summary>To admit a new member.</summary>
    Admit,

    /// <summary>To take a member's rights for a while.</summary>
    Suspend,

    /// <summary>To end a suspension.</summary>
    Reinstate,

    /// <summary>To end a membership.</summary>
    Remove,

    /// <summary>To replace the keys of a member that lost them to somebody.</summary>
    ReplaceKeys,

    /// <summary>To put another policy into force.</summary>
    Policy,
}

/// <summary>Sizes of both logs up to which a compromised key is still trusted.</summary>
public readonly record struct LastTrusted(long Authorization, long Data);

/// <summary>A change of the members that is, or was, put to the vote.</summary>
/// <remarks>
/// Everything about it is on the authorization log, so every party counts the same. Who may vote, and how many votes it
/// takes, is fixed when it is proposed; votes of hospitals that lost their rights since do not count.
/// </remarks>
public sealed class Proposal
{
    private readonly Dictionary<string, bool> _votes = new(StringComparer.Ordinal);

    internal Proposal(long index, PredicateReader fields, IEnumerable<string> electorate)
    {
        Index = index;
        Id = fields.Identifier("proposal");
        Action = ActionOf(fields.Text("action"));
        Member = fields.Has("member") ? fields.Identifier("member") : null;
        MemberRole = fields.Has("memberRole") ? RoleNames.Read(fields, "memberRole") : null;
        Keys = MemberKeys.Read(fields);
        if (fields.Has("lastTrusted"))
        {
            PredicateReader trusted = fields.Object("lastTrusted");
            LastTrusted = new LastTrusted(trusted.Integer("authorization"), trusted.Integer("data"));
        }

        Policy = fields.Has("policy") ? fields.Sha256("policy") : null;
        Reason = fields.Text("reason");
        Expires = fields.Timestamp("expires");
        Electorate = [.. electorate.Where(hospital => hospital != Member)];
    }

    /// <summary>Index of the record that proposed it.</summary>
    public long Index { get; }

    /// <summary>Its name.</summary>
    public string Id { get; }

    /// <summary>What is to be done.</summary>
    public ProposalAction Action { get; }

    /// <summary>The member concerned; null for a policy.</summary>
    public string? Member { get; }

    /// <summary>The role of a member to admit.</summary>
    public Role? MemberRole { get; }

    /// <summary>The keys of a member to admit, or those that replace compromised ones.</summary>
    public MemberKeys Keys { get; }

    /// <summary>Where trust in the replaced keys ends.</summary>
    public LastTrusted? LastTrusted { get; }

    /// <summary>Digest of the policy to put into force.</summary>
    public string? Policy { get; }

    /// <summary>Why.</summary>
    public string Reason { get; }

    /// <summary>Votes that say a later time do not count.</summary>
    public DateTimeOffset Expires { get; }

    /// <summary>
    /// The hospitals that may vote: those active when it was proposed, without the one it is about.
    /// </summary>
    public IReadOnlyList<string> Electorate { get; }

    /// <summary>Votes so far.</summary>
    public IReadOnlyDictionary<string, bool> Votes => _votes;

    /// <summary>Whether the change was made.</summary>
    public bool IsExecuted { get; internal set; }

    /// <summary>Yes votes needed: more than two thirds of the electorate.</summary>
    public int Needed => Quorum.Of(Electorate.Count);

    /// <summary>How records spell an action.</summary>
    public static string TextOf(ProposalAction action) =>
        action == ProposalAction.ReplaceKeys ? "replace-keys" : action.ToString().ToLowerInvariant();

    /// <summary>The action of a record's text.</summary>
    public static ProposalAction ActionOf(string text) =>
        Enum.GetValues<ProposalAction>().First(action => TextOf(action) == text);

    /// <summary>Whether enough of those who may still vote said yes.</summary>
    internal bool IsCarried(Func<string, bool> isActive) =>
        Electorate.Count > 0 && _votes.Count(vote => vote.Value && isActive(vote.Key)) >= Needed;

    internal void Count(string hospital, bool yes) => _votes[hospital] = yes;
}

/// <summary>The public keys of a member, as far as a record names them.</summary>
public sealed record MemberKeys(byte[]? Identity, NoteVerifierKey? Witness, string? Tls)
{
    /// <summary>Whether no key is named.</summary>
    public bool IsEmpty => Identity is null && Witness is null && Tls is null;

    /// <summary>Reads the keys of a record.</summary>
    public static MemberKeys Read(PredicateReader fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        return new MemberKeys(
            fields.Has("identityKey") ? fields.Hex("identityKey") : null,
            fields.Has("witnessKey") ? NoteVerifierKey.Parse(fields.Text("witnessKey")) : null,
            fields.Has("tlsKey") ? fields.Sha256("tlsKey") : null);
    }

    /// <inheritdoc/>
    public bool Equals(MemberKeys? other) => other is not null && Witness == other.Witness && Tls == other.Tls
        && (Identity ?? []).AsSpan().SequenceEqual(other.Identity ?? []);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Witness, Tls);

    /// <summary>The member with these keys in place of its own.</summary>
    internal Member Over(Member member) => member with
    {
        IdentityKey = Identity ?? member.IdentityKey,
        WitnessKey = Witness ?? member.WitnessKey,
        TlsKey = Tls ?? member.TlsKey,
    };
}
