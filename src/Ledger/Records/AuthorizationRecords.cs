using static DigitalTwin.Ledger.Records.FieldKind;
using static DigitalTwin.Ledger.Records.LogKind;
using static DigitalTwin.Ledger.Records.RecordCatalogue;
using static DigitalTwin.Ledger.Records.RecordForm;

namespace DigitalTwin.Ledger.Records;

/// <summary>The records of the authorization log: who may do what, under which policy, consent and budget.</summary>
internal static class AuthorizationRecords
{
    /// <summary>What members can propose; each but <c>policy</c> names a member.</summary>
    private static readonly string[] Actions = ["admit", "suspend", "reinstate", "remove", "replace-keys", "policy"];

    // How much of either log was there when the members changed: a removed member's past ends with it.
    private static FieldDefinition DataHead =>
        Nested("dataHead", Group, Of("size", Number), Of("root", Root));

    private static FieldDefinition Proposal => Of("proposal", Identifier);

    private static FieldDefinition Member => Of("member", Identifier);

    public static IReadOnlyList<RecordDefinition> All { get; } =
    [
        On(Authorization, Genesis, "Founds the consortium and names its keys.",
            Of("consortium", Identifier),
            Nested("coordinator", Group, Of("id", Identifier), Of("identityKey", PublicKey), Of("tlsKey", Fingerprint)),
            Nested("logs", Group, Of("authorization", LogKey), Of("data", LogKey)),
            Of("rootCertificate", Fingerprint), OneOf("quorumRule", QuorumRule)),
        On(Authorization, MemberAdmitted, "Admits a member with its keys.",
            Of("member", Identifier), OneOf("memberRole", [.. RoleNames.All]), Of("identityKey", PublicKey),
            Of("tlsKey", Fingerprint), Optional("witnessKey", WitnessKey), Of("certificate", Fingerprint),
            Of("certificateExpires", Time), Optional("proposal", Identifier)),
        On(Authorization, "study-proposed", "Asks the hospitals to run a study.",
            Study, Of("document", Digest), Of("title", Text)),
        On(Authorization, "study-accepted", "Accepts a study for this hospital's data.",
            Study, Of("document", Digest), Of("rowsBucket", Text), Of("prevalenceBucket", Text), Of("contract", Text)),
        On(Authorization, "study-declined", "Declines a study and says why.",
            Study, Of("document", Digest), Of("rule", Text), Of("reason", Text)),
        On(Authorization, "study-approved", "Starts an accepted study with these hospitals.",
            Study, Of("document", Digest), Of("participants", Identifiers), OneOf("onMissing", "degrade", "fail"),
            OptionalGroup("grant", Of("epsilon", DecimalText), Of("delta", DecimalText))),
        On(Authorization, MemberProposed, "Puts a change of the members to the vote of the hospitals.",
            Proposal, OneOf("action", Actions), Optional("member", Identifier),
            new FieldDefinition("memberRole", Choice, Required: false) { Choices = RoleNames.All },
            Optional("identityKey", PublicKey), Optional("witnessKey", WitnessKey), Optional("tlsKey", Fingerprint),
            OptionalGroup("lastTrusted", Of("authorization", Number), Of("data", Number)),
            Optional("policy", Digest), Of("reason", Text), Of("expires", Time)),
        On(Authorization, Vote, "Votes on a proposal.",
            Proposal, OneOf("choice", "yes", "no")),
        On(Authorization, MemberSuspended, "Suspends a member after a vote: it may do nothing until reinstated.",
            Member, Proposal, DataHead),
        On(Authorization, MemberReinstated, "Ends the suspension of a member after a vote.",
            Member, Proposal, DataHead),
        On(Authorization, MemberRemoved, "Removes a member after a vote: its past stays, its future ends.",
            Member, Proposal, DataHead),
        On(Authorization, KeyRotated, "Replaces keys of this member by new ones, which agree.",
            Optional("identityKey", PublicKey), Optional("identityProof", Signature),
            Optional("witnessKey", WitnessKey), Optional("witnessProof", Signature),
            Optional("tlsKey", Fingerprint), DataHead),
        On(Authorization, KeyCompromised, "Replaces the keys of a member after a vote and marks what they signed last.",
            Member, Proposal, Nested("lastTrusted", Group, Of("authorization", Number), Of("data", Number)),
            Optional("identityKey", PublicKey), Optional("witnessKey", WitnessKey), Optional("tlsKey", Fingerprint),
            DataHead),
        On(Authorization, PolicyChanged, "Puts another policy of the consortium into force after a vote.",
            Proposal, Of("policy", Digest), DataHead),
        On(Authorization, "study-amended", "Replaces the document of a study that has not started.",
            Study, Of("document", Digest), Of("amended", Digest), Of("reason", Text)),
        On(Authorization, ConsentPolicy, "Names the text and the legal basis under which patients consent.",
            Of("policy", Identifier), Of("text", Digest), Of("basis", Text)),
        On(Authorization, ConsentBatch, "Commits to the patients that consented under a policy.",
            Of("policy", Identifier), Of("root", Root), Of("countBucket", Text)),
        On(Authorization, ConsentWithdrawn, "Withdraws the consent of one patient, named by a salted token.",
            Of("policy", Identifier), Of("token", Fingerprint), Of("effectiveFrom", Time)),
        On(Authorization, "access-granted", "Gives a party access to something until a time.",
            Of("grantee", Text), Of("scope", Text), Of("expires", Time)),
        On(Authorization, "admin-action", "Announces an administrative action before it takes effect.",
            Of("action", Text), Of("target", Text), Optional("before", Fingerprint), Optional("after", Fingerprint)),
        On(Authorization, "software-released", "Names the software that members should run.",
            Of("version", Text), Of("artefact", Digest), Optional("sbom", Digest)),
    ];
}
