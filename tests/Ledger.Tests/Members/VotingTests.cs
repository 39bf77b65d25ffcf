using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Verification;

namespace DigitalTwin.Ledger.Tests.Members;

// Goal: members change only by the votes of more than two thirds of the hospitals, and a change ends the future of a
// right or key without touching its past. Method: three hospitals vote on real logs; each test breaks one rule.
public sealed class VotingTests : IDisposable
{
    private const string Later = "2026-04-01T08:00:00.000Z";

    private readonly SmallConsortium _consortium = new SmallConsortium().Found();
    private readonly RecordKey _newcomer = RecordKey.Generate();

    public void Dispose()
    {
        _newcomer.Dispose();
        _consortium.Dispose();
    }

    [Fact]
    public void Before_the_first_study_the_coordinator_admits_alone_and_never_after()
    {
        Assert.Null(Refuses("centre", "member-admitted", Admission()));
        _consortium.RunStudy();

        Assert.Contains("needs the votes", Refuses("centre", "member-admitted", Admission()));
    }

    [Fact]
    public void A_member_is_admitted_with_the_role_and_key_that_were_voted_and_only_once()
    {
        _consortium.RunStudy();
        Propose("p1", "admit", "hospital-d", ("memberRole", "hospital"), ("identityKey", HexOf(_newcomer)));
        JsonObject admission = Admission("p1");
        Assert.Contains("too few votes", Refuses("centre", "member-admitted", admission));
        Yes("p1", "hospital-a", "hospital-b");
        Assert.Contains("3 of 3", Refuses("centre", "member-admitted", admission));
        Yes("p1", "hospital-c");

        JsonObject otherRole = (JsonObject)admission.DeepClone();
        otherRole["memberRole"] = "auditor";
        Assert.Contains("another role", Refuses("centre", "member-admitted", otherRole));
        using RecordKey other = RecordKey.Generate();
        JsonObject otherKey = (JsonObject)admission.DeepClone();
        otherKey["identityKey"] = HexOf(other);
        Assert.Contains("another role", Refuses("centre", "member-admitted", otherKey));

        _consortium.Write("centre", "member-admitted", admission);
        Assert.Equal(4, _consortium.Registry.Hospitals().Count);
        Assert.Contains("carried out already", Refuses("hospital-a", "vote", Ballot("p1", "no")));
    }

    [Fact]
    public void A_removed_member_keeps_its_past_and_loses_its_future()
    {
        AuthHead before = Head();
        _consortium.Write("hospital-c", "incident", Incident());
        Propose("out", "remove", "hospital-c");
        Yes("out", "hospital-a", "hospital-b");
        _consortium.Write("centre", "member-removed", Change("hospital-c", "out"));

        Assert.Equal(["hospital-a", "hospital-b"], _consortium.Registry.Hospitals().Select(member => member.Id));
        Assert.Contains("removed since", Refuses("hospital-c", "incident", Incident()));
        Assert.Contains("names an older head", Refuses("hospital-c", "incident", Incident(), before));
        Assert.Contains("removed since", Refuses("hospital-c", "vote", Ballot("out", "no")));
        Assert.Null(_consortium.Registry.FindByTlsKey(Fields.Digest("tls of hospital-c")));
        _consortium.Write("centre", "incident", Incident());
        _consortium.Cosign("hospital-a", "hospital-b");
        Assert.Empty(Verified());
    }

    [Fact]
    public void The_member_it_is_about_has_no_vote()
    {
        Propose("out", "remove", "hospital-c");

        Assert.Contains("has no vote", Refuses("hospital-c", "vote", Ballot("out", "no")));
        Yes("out", "hospital-a");
        Assert.Contains("2 of 2", Refuses("centre", "member-removed", Change("hospital-c", "out")));
    }

    [Fact]
    public void A_vote_of_a_hospital_that_lost_its_rights_since_does_not_count()
    {
        Propose("policy", "policy", null, ("policy", Fields.Digest("policy")));
        Yes("policy", "hospital-a", "hospital-b", "hospital-c");
        Propose("out", "suspend", "hospital-c");
        Yes("out", "hospital-a", "hospital-b");
        _consortium.Write("centre", "member-suspended", Change("hospital-c", "out"));

        Assert.Contains("too few votes", Refuses("centre", "policy-changed", Policy()));
    }

    [Fact]
    public void A_suspended_member_is_back_after_a_vote()
    {
        Propose("pause", "suspend", "hospital-c");
        Yes("pause", "hospital-a", "hospital-b");
        _consortium.Write("centre", "member-suspended", Change("hospital-c", "pause"));
        Assert.Contains("suspended since", Refuses("hospital-c", "incident", Incident()));
        Propose("back", "reinstate", "hospital-c");
        Yes("back", "hospital-a", "hospital-b");
        _consortium.Write("centre", "member-reinstated", Change("hospital-c", "back"));

        Assert.Null(Refuses("hospital-c", "incident", Incident()));
    }

    [Fact]
    public void A_vote_after_the_proposal_expired_is_refused()
    {
        Propose("late", "remove", "hospital-c");
        _consortium.Time.Advance(TimeSpan.FromDays(60));

        Assert.Contains("expired", Refuses("hospital-a", "vote", Ballot("late", "yes")));
    }

    [Fact]
    public void Nobody_votes_twice_or_on_nothing()
    {
        Propose("out", "remove", "hospital-c");
        Yes("out", "hospital-a");

        Assert.Contains("voted on proposal out already", Refuses("hospital-a", "vote", Ballot("out", "no")));
        Assert.Contains("no proposal", Refuses("hospital-a", "vote", Ballot("in", "yes")));
        Assert.Contains("may not write vote", Refuses("lab", "vote", Ballot("out", "yes")));
    }

    [Theory]
    [InlineData("remove", "centre")]
    [InlineData("remove", "stranger")]
    [InlineData("admit", "hospital-a")]
    public void A_proposal_about_the_wrong_member_is_refused(string action, string member)
    {
        JsonObject fields = Proposal("odd", action, member);
        if (action == "admit")
        {
            fields["memberRole"] = "hospital";
            fields["identityKey"] = HexOf(_newcomer);
        }

        Assert.NotNull(Refuses("hospital-a", "member-proposed", fields));
    }

    [Fact]
    public void A_change_must_name_a_head_that_the_data_log_has_and_the_member_has_not_passed()
    {
        _consortium.Write("hospital-c", "incident", Incident());
        Propose("out", "remove", "hospital-c");
        Yes("out", "hospital-a", "hospital-b");

        JsonObject early = Change("hospital-c", "out");
        early["dataHead"] = HeadOf(0);
        Assert.Contains("behind the 0 records", Refuses("centre", "member-removed", early));
        JsonObject forged = Change("hospital-c", "out");
        forged["dataHead"]!["root"] = Head().Root.ToString();
        Assert.Contains("does not have", Refuses("centre", "member-removed", forged));
    }

    [Fact]
    public void A_rotated_key_takes_over_and_the_old_one_ends()
    {
        AuthHead before = Head();
        using RecordKey next = RecordKey.Generate();
        _consortium.Write("hospital-a", "key-rotated", Rotation("hospital-a", next));

        Assert.Contains("signature", Refuses("hospital-a", "incident", Incident()));
        Assert.Contains("names an older head", Refuses("hospital-a", "incident", Incident(), before));
        _consortium.UseKey("hospital-a", next);
        Assert.Null(Refuses("hospital-a", "incident", Incident()));
        Assert.Contains("in use before", Refuses("hospital-b", "key-rotated", Rotation("hospital-b", next)));
    }

    [Fact]
    public void A_new_key_that_does_not_agree_is_refused()
    {
        using RecordKey next = RecordKey.Generate();
        JsonObject fields = Rotation("hospital-a", next);
        fields["identityProof"] = Convert.ToHexStringLower(_consortium.KeyOf("hospital-a").Sign("anything"u8));

        Assert.Contains("did not sign the rotation", Refuses("hospital-a", "key-rotated", fields));
    }

    [Fact]
    public void A_rotated_witness_key_cosigns_from_then_on()
    {
        using Ed25519Key next = Ed25519Key.Generate();
        NoteVerifierKey key = NoteVerifierKey.Witness(_consortium.WitnessOf("hospital-a").Name, next.PublicKey);
        byte[] message = KeyRotation.Message(
            "demo", "hospital-a", _consortium.KeyOf("hospital-a").KeyId, key.ToString());
        long index = _consortium.Write("hospital-a", "key-rotated", Fields.Of(
            ("witnessKey", key.ToString()), ("witnessProof", Convert.ToHexStringLower(next.Sign(message))),
            ("dataHead", HeadOf(_consortium.Data.Entries.Size))));

        Assert.DoesNotContain(key, _consortium.Registry.WitnessesFor(LogKind.Authorization, index));
        Assert.Contains(key, _consortium.Registry.WitnessesFor(LogKind.Authorization, index + 1));
    }

    [Fact]
    public void A_compromised_key_is_replaced_by_vote_and_its_late_records_are_named()
    {
        _consortium.Write("hospital-c", "incident", Incident());
        using RecordKey next = RecordKey.Generate();
        JsonObject trusted = Fields.Of(("authorization", 5), ("data", 0));
        Propose("lost", "replace-keys", "hospital-c", ("identityKey", HexOf(next)), ("lastTrusted", trusted));
        Yes("lost", "hospital-a", "hospital-b");
        JsonObject replaced = Change("hospital-c", "lost");
        replaced["identityKey"] = HexOf(next);
        replaced["lastTrusted"] = trusted.DeepClone();
        JsonObject otherwise = (JsonObject)replaced.DeepClone();
        otherwise["lastTrusted"]!["data"] = 1;
        Assert.Contains("otherwise than the hospitals voted", Refuses("centre", "key-compromised", otherwise));
        _consortium.Write("centre", "key-compromised", replaced);

        Assert.Contains("signature", Refuses("hospital-c", "incident", Incident()));
        _consortium.UseKey("hospital-c", next);
        Assert.Null(Refuses("hospital-c", "incident", Incident()));
        _consortium.Cosign();
        Assert.Contains("Data record 0", Assert.Single(Verified()));
    }

    private static JsonObject Incident() => Fields.Of(("severity", "low"), ("summary", "A test."));

    private static JsonObject Ballot(string proposal, string choice) =>
        Fields.Of(("proposal", proposal), ("choice", choice));

    private static string HexOf(RecordKey key) => Convert.ToHexStringLower(key.PublicKey);

    private static JsonObject Proposal(string id, string action, string? member)
    {
        JsonObject fields = Fields.Of(
            ("proposal", id), ("action", action), ("reason", "A test."), ("expires", Later));
        if (member is not null)
        {
            fields["member"] = member;
        }

        return fields;
    }

    private AuthHead Head()
    {
        long size = _consortium.Authorization.Entries.Size;
        return new AuthHead(size, _consortium.Authorization.Entries.RootAt(size));
    }

    private JsonObject HeadOf(long dataSize) =>
        Fields.Of(("size", dataSize), ("root", _consortium.Data.Entries.RootAt(dataSize).ToString()));

    private void Propose(string id, string action, string? member, params (string Name, JsonNode Value)[] more)
    {
        JsonObject fields = Proposal(id, action, member);
        foreach ((string name, JsonNode value) in more)
        {
            fields[name] = value.DeepClone();
        }

        _consortium.Write("hospital-a", "member-proposed", fields);
    }

    private void Yes(string proposal, params string[] hospitals)
    {
        foreach (string hospital in hospitals)
        {
            _consortium.Write(hospital, "vote", Ballot(proposal, "yes"));
        }
    }

    private JsonObject Change(string member, string proposal) => Fields.Of(
        ("member", member), ("proposal", proposal), ("dataHead", HeadOf(_consortium.Data.Entries.Size)));

    private JsonObject Policy() => Fields.Of(("proposal", "policy"), ("policy", Fields.Digest("policy")),
        ("dataHead", HeadOf(_consortium.Data.Entries.Size)));

    private JsonObject Rotation(string member, RecordKey next) => Fields.Of(
        ("identityKey", HexOf(next)),
        ("identityProof", Convert.ToHexStringLower(next.Sign(KeyRotation.Message(
            "demo", member, _consortium.KeyOf(member).KeyId, next.KeyId)))),
        ("dataHead", HeadOf(_consortium.Data.Entries.Size)));

    private JsonObject Admission(string? proposal = null)
    {
        using Ed25519Key witness = Ed25519Key.Generate();
        JsonObject fields = Fields.Of(
            ("member", "hospital-d"), ("memberRole", "hospital"), ("identityKey", HexOf(_newcomer)),
            ("tlsKey", Fields.Digest("tls of hospital-d")),
            ("witnessKey", NoteVerifierKey.Witness("hospital-d", witness.PublicKey).ToString()),
            ("certificate", Fields.Digest("certificate")), ("certificateExpires", Later));
        if (proposal is not null)
        {
            fields["proposal"] = proposal;
        }

        return fields;
    }

    private string? Refuses(string author, string name, JsonObject fields, AuthHead? head = null) =>
        _consortium.Registry.Refuses(
            _consortium.Compose(author, name, fields, head), RecordCatalogue.Find(name)!.Log,
            _consortium.Authorization.Entries, _consortium.Data.Entries);

    private IEnumerable<string> Verified()
    {
        _consortium.Close();
        return LedgerVerifier.Verify(_consortium.Folder, new VerificationOptions()).Findings.Select(f => f.Message);
    }
}
