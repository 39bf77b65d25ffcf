using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Exports;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Cli.Auditing.Report;

/// <summary>One event of a story: the record behind it and what it says.</summary>
internal sealed record StoryEvent(string Place, string Time, string Author, string Record, string Description)
{
    public static StoryEvent Of(TrailRecord record) => new(
        record.Place, record.TimeText, record.Author, record.Name, RecordWords.Describe(record));

    public JsonObject ToJson() => new()
    {
        ["place"] = Place,
        ["time"] = Time,
        ["author"] = Author,
        ["record"] = Record,
        ["description"] = Description,
    };
}

/// <summary>One member over time: role, keys, and what became of it.</summary>
internal sealed class MemberStory(string id, string role)
{
    private readonly List<StoryEvent> _events = [];

    public string Id => id;

    public string Role { get; } = role;

    /// <summary><c>active</c>, <c>suspended</c> or <c>removed</c>.</summary>
    public string Standing { get; private set; } = "active";

    /// <summary>SHA-256 of the key that signs its records now; null where the ledger does not say.</summary>
    public string? IdentityKey { get; private set; }

    /// <summary>The verifier key it cosigns with now, or null.</summary>
    public string? WitnessKey { get; private set; }

    /// <summary>SHA-256 of its TLS key now.</summary>
    public string? TlsKey { get; private set; }

    public IReadOnlyList<StoryEvent> Events => _events;

    public void Take(TrailRecord record)
    {
        _events.Add(StoryEvent.Of(record));
        Standing = record.Name switch
        {
            RecordCatalogue.MemberSuspended => "suspended",
            RecordCatalogue.MemberReinstated => "active",
            RecordCatalogue.MemberRemoved => "removed",
            _ => Standing,
        };
        bool replaces = record.Name is RecordCatalogue.MemberAdmitted or RecordCatalogue.KeyRotated
            or RecordCatalogue.KeyCompromised;
        if (replaces)
        {
            Keep(record.Text("identityKey"), record.Text("witnessKey"), record.Text("tlsKey"));
        }
        else if (record.Name == RecordCatalogue.Genesis)
        {
            Keep(record.Text("coordinator", "identityKey"), null, record.Text("coordinator", "tlsKey"));
        }
    }

    public JsonObject ToJson() => new()
    {
        ["id"] = Id,
        ["role"] = Role,
        ["standing"] = Standing,
        ["identityKey"] = IdentityKey,
        ["witnessKey"] = WitnessKey,
        ["tlsKey"] = TlsKey,
        ["events"] = new JsonArray([.. _events.Select(one => (JsonNode)one.ToJson())]),
    };

    private void Keep(string? identityKey, string? witnessKey, string? tlsKey)
    {
        IdentityKey = identityKey is null ? IdentityKey : RecordKey.KeyIdOf(Convert.FromHexString(identityKey));
        WitnessKey = witnessKey ?? WitnessKey;
        TlsKey = tlsKey ?? TlsKey;
    }
}

/// <summary>All members, as the authorization log tells them.</summary>
internal sealed class MemberStories
{
    private readonly Dictionary<string, MemberStory> _members = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _subjects = new(StringComparer.Ordinal);
    private readonly List<StoryEvent> _policy = [];

    public IEnumerable<MemberStory> All => _members.Values;

    /// <summary>Proposals, votes and changes of the consortium's policy.</summary>
    public IReadOnlyList<StoryEvent> Policy => _policy;

    /// <summary>Whether the record is about a member or the policy; then it was taken.</summary>
    public bool Take(TrailRecord record)
    {
        switch (record.Name)
        {
            case RecordCatalogue.Genesis:
                Of(record.Text("coordinator", "id")!, "coordinator").Take(record);
                return true;
            case RecordCatalogue.MemberAdmitted:
                Of(record.Text("member")!, record.Text("memberRole")!).Take(record);
                return true;
            case RecordCatalogue.KeyRotated:
                Of(record.Author, RoleNames.TextOf(record.Header.Actor.Role)).Take(record);
                return true;
            case RecordCatalogue.MemberProposed or RecordCatalogue.Vote or RecordCatalogue.PolicyChanged
                or RecordCatalogue.MemberSuspended or RecordCatalogue.MemberReinstated
                or RecordCatalogue.MemberRemoved or RecordCatalogue.KeyCompromised:
                TakeDecision(record);
                return true;
            default:
                return false;
        }
    }

    // A vote names only its proposal; the proposal names the member.
    private void TakeDecision(TrailRecord record)
    {
        string proposal = record.Text("proposal")!;
        if (record.Text("member") is { } member)
        {
            _subjects[proposal] = member;
        }

        if (_subjects.TryGetValue(proposal, out string? subject)
            && _members.TryGetValue(subject, out MemberStory? story))
        {
            story.Take(record);
        }
        else
        {
            _policy.Add(StoryEvent.Of(record));
        }
    }

    private MemberStory Of(string id, string role)
    {
        if (!_members.TryGetValue(id, out MemberStory? story))
        {
            story = new MemberStory(id, role);
            _members.Add(id, story);
        }

        return story;
    }
}
