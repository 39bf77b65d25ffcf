using System.Collections.Frozen;
using static DigitalTwin.Ledger.Records.Role;

namespace DigitalTwin.Ledger.Records;

/// <summary>Role × action: who may do what in a consortium. This is the only place that says so.</summary>
/// <remarks>
/// An action is a record to write, a method of the coordinator to call, or to take part in a decision. What has no row
/// is forbidden to everybody. Tests hold the rows against the catalogue and the services, both ways.
/// </remarks>
public static class RoleMatrix
{
    /// <summary>Whose cosignatures make a checkpoint final, and whose votes change the members.</summary>
    public const string Decide = "decide";

    private static readonly Role[] Everybody = [Hospital, Researcher, Auditor, Witness];

    private static readonly FrozenDictionary<string, IReadOnlyList<Role>> Rows = Table().ToFrozenDictionary();

    /// <summary>Every action that anybody may do.</summary>
    public static IReadOnlyCollection<string> Actions => Rows.Keys;

    /// <summary>Whether a role may do an action.</summary>
    public static bool May(Role role, string action) => Rows.TryGetValue(action, out IReadOnlyList<Role>? roles)
        && roles.Contains(role);

    /// <summary>The action of writing a record.</summary>
    public static string Write(string record) => $"write {record}";

    /// <summary>The action of calling a method, by its full gRPC name.</summary>
    public static string Call(string method) => $"call {method}";

    /// <summary>The roles that may write a record; none where nobody may.</summary>
    internal static IReadOnlyList<Role> Writers(string record) => Rows.GetValueOrDefault(Write(record), []);

    private static Dictionary<string, IReadOnlyList<Role>> Table() => new(StringComparer.Ordinal)
    {
        [Decide] = [Hospital],

        // Authorization log: members.
        ["write genesis"] = [Coordinator],
        ["write member-admitted"] = [Coordinator],
        ["write member-proposed"] = [Hospital],
        ["write vote"] = [Hospital],
        ["write member-suspended"] = [Coordinator],
        ["write member-reinstated"] = [Coordinator],
        ["write member-removed"] = [Coordinator],
        ["write key-rotated"] = [Coordinator, Hospital, Researcher, Auditor, Witness],
        ["write key-compromised"] = [Coordinator],
        ["write policy-changed"] = [Coordinator],

        // Authorization log: studies, consent, administration.
        ["write study-proposed"] = [Researcher],
        ["write study-amended"] = [Researcher],
        ["write study-accepted"] = [Hospital],
        ["write study-declined"] = [Hospital],
        ["write study-approved"] = [Coordinator],
        ["write consent-policy"] = [Hospital],
        ["write consent-batch"] = [Hospital],
        ["write consent-withdrawn"] = [Hospital],
        ["write access-granted"] = [Coordinator, Hospital],
        ["write admin-action"] = [Coordinator, Hospital],
        ["write software-released"] = [Coordinator],

        // Data log: rounds.
        ["write snapshot-committed"] = [Hospital],
        ["write round-opened"] = [Coordinator],
        ["write round-joined"] = [Hospital],
        ["write round-declined"] = [Hospital],
        ["write shares-dealt"] = [Hospital],
        ["write cohort-fixed"] = [Coordinator],
        ["write update-committed"] = [Hospital],
        ["write update-rejected"] = [Coordinator],
        ["write sum-opened"] = [Hospital],
        ["write round-closed"] = [Coordinator],
        ["write round-aborted"] = [Coordinator],
        ["write sum-attested"] = [Hospital],
        ["write round-final"] = [Coordinator],
        ["write site-evaluated"] = [Hospital],
        ["write model-released"] = [Coordinator],
        ["write model-revoked"] = [Coordinator],
        ["write study-closed"] = [Coordinator],

        // Data log: what concerns the ledger itself.
        ["write incident"] = [Coordinator, Hospital, Auditor],
        ["write anchored"] = [Coordinator],

        // The coordinator's services.
        ["call /digitaltwin.v1.LedgerExchange/Follow"] = Everybody,
        ["call /digitaltwin.v1.LedgerExchange/Append"] = [Hospital, Researcher, Auditor, Witness],
        ["call /digitaltwin.v1.LedgerExchange/Cosign"] = [Hospital],
        ["call /digitaltwin.v1.LedgerExchange/Heal"] = [Hospital],
        ["call /digitaltwin.v1.BlobExchange/Put"] = [Hospital, Researcher, Auditor],
        ["call /digitaltwin.v1.BlobExchange/Get"] = Everybody,
        ["call /digitaltwin.v1.Membership/Renew"] = Everybody,
    };
}
