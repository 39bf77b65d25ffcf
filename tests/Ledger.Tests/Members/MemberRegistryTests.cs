using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Notes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Tests.Members;

// Goal: nobody writes what they may not, at a time they were no member, on a head that is not the log's, or twice.
// Method: a founded consortium; one record per test breaks one rule and nothing else.
public sealed class MemberRegistryTests : IDisposable
{
    private readonly SmallConsortium _consortium = new SmallConsortium().Found();

    public void Dispose() => _consortium.Dispose();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, 1)]
    [InlineData(2, 2)]
    [InlineData(3, 3)]
    [InlineData(4, 3)]
    [InlineData(5, 4)]
    [InlineData(6, 5)]
    [InlineData(7, 5)]
    [InlineData(10, 7)]
    public void Two_quorums_share_an_honest_hospital(int hospitals, int quorum)
    {
        Assert.Equal(quorum, Quorum.Of(hospitals));
        int dishonest = hospitals == 0 ? 0 : (hospitals - 1) / 3;
        Assert.True(hospitals == 0 || (2 * quorum) - hospitals > dishonest);
    }

    [Fact]
    public void Members_are_found_by_name_and_by_tls_key_as_the_log_admitted_them()
    {
        MemberRegistry registry = MemberRegistry.Replay(_consortium.Authorization.Entries);

        Assert.Equal("demo", registry.Consortium);
        Assert.Equal(_consortium.Data.VerifierKey, registry.LogKeys!.Value.Data);
        Assert.Equal(SmallConsortium.HospitalNames, registry.Hospitals().Select(member => member.Id));
        Assert.Equal(["hospital-a", "hospital-b"], registry.HospitalsAt(3).Select(member => member.Id));
        Assert.Equal("hospital-c", registry.FindByTlsKey(Fields.Digest("tls of hospital-c"))!.Id);
        Assert.Equal(Role.Researcher, registry.Find("lab")!.Role);
        Assert.Equal(_consortium.WitnessOf("hospital-b"), registry.Find("hospital-b")!.WitnessKey);
        Assert.Null(registry.Find("hospital-d"));
        Assert.Null(registry.FindByTlsKey(Fields.Digest("tls of hospital-d")));
        Assert.Equal(6, registry.NextSeq("centre", LogKind.Authorization));
        Assert.Equal(1, registry.NextSeq("centre", LogKind.Data));
    }

    [Fact]
    public void The_witnesses_of_the_data_log_are_those_of_the_authorization_head_its_records_name()
    {
        _consortium.Append(LogKind.Data, _consortium.Compose(
            "centre", "round-opened", Fields.Round(Fields.Digest("m")), HeadAt(3)));
        _consortium.Write("centre", "round-aborted", Fields.InRound(("missing", new JsonArray()), ("reason", "Test.")));

        Assert.Equal(2, _consortium.Registry.WitnessesFor(LogKind.Data, 1).Count);
        Assert.Equal(3, _consortium.Registry.WitnessesFor(LogKind.Data, 2).Count);
        Assert.Empty(_consortium.Registry.WitnessesFor(LogKind.Authorization, 1));
        Assert.Single(_consortium.Registry.WitnessesFor(LogKind.Authorization, 2));
    }

    [Fact]
    public void A_good_record_is_accepted_and_its_repetition_is_not()
    {
        Envelope record = Declined();

        Assert.Null(Refuses(record));
        _consortium.Append(LogKind.Data, record);
        Assert.Contains("number 1 of hospital-a", Refuses(record));
    }

    [Fact]
    public void A_stranger_is_refused()
    {
        using RecordKey stranger = RecordKey.Generate();
        Statement statement = RecordBuilder.Build("round-declined", Declining(),
            new Actor("hospital-d", stranger.KeyId, Role.Hospital), HeadAt(5), 1, DateTimeOffset.UnixEpoch);

        Assert.Contains("hospital-d was no member", Refuses(Envelope.Sign(statement, stranger)));
    }

    [Fact]
    public void A_signature_of_another_members_key_is_refused()
    {
        Statement statement = Declined().Statement;

        Assert.Contains("signature", Refuses(Envelope.Sign(statement, _consortium.KeyOf("hospital-b"))));
    }

    [Fact]
    public void A_key_id_that_is_not_the_signers_is_refused()
    {
        Statement statement = RecordBuilder.Build("round-declined", Declining(),
            new Actor("hospital-a", _consortium.KeyOf("hospital-b").KeyId, Role.Hospital), HeadAt(5), 1,
            DateTimeOffset.UnixEpoch);

        Assert.Contains("signature", Refuses(Envelope.Sign(statement, _consortium.KeyOf("hospital-a"))));
    }

    [Theory]
    [InlineData("hospital-a", "round-opened")]
    [InlineData("lab", "round-opened")]
    [InlineData("centre", "round-declined")]
    public void A_record_of_another_role_is_refused(string author, string name)
    {
        JsonObject fields = name == "round-opened" ? Fields.Round(Fields.Digest("m")) : Declining();

        Assert.Contains($"may not write {name}", Refuses(_consortium.Compose(author, name, fields)));
    }

    [Fact]
    public void A_claimed_role_is_refused()
    {
        Envelope record = _consortium.Compose(
            "hospital-a", "round-opened", Fields.Round(Fields.Digest("m")), role: Role.Coordinator);

        Assert.Contains("is a hospital, not a coordinator", Refuses(record));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_member_that_was_not_yet_admitted_at_the_named_head_is_refused(long size)
    {
        Envelope record = _consortium.Compose("hospital-c", "round-declined", Declining(), HeadAt(size));

        Assert.Contains($"no member at authorization size {size}", Refuses(record));
    }

    [Fact]
    public void A_head_the_log_does_not_have_is_refused()
    {
        AuthHead future = new(6, HeadAt(5).Root);
        AuthHead forged = new(5, Rfc6962.Empty);

        Assert.Contains("names authorization size 6", Refuses(Declined(future)));
        Assert.Contains("another root", Refuses(Declined(forged)));
    }

    [Fact]
    public void A_head_older_than_the_authors_last_is_refused()
    {
        _consortium.Append(LogKind.Data, Declined());

        Assert.Contains("had reached 5", Refuses(Declined(HeadAt(4))));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(7)]
    public void A_number_out_of_turn_is_refused(long seq)
    {
        Envelope record = _consortium.Compose("hospital-a", "round-declined", Declining(), seq: seq);

        Assert.Contains("but number 1 was due", Refuses(record));
    }

    [Fact]
    public void A_record_in_the_other_log_is_refused()
    {
        Assert.Contains("belongs to the data log",
            _consortium.Registry.Refuses(Declined(), LogKind.Authorization, _consortium.Authorization.Entries));
    }

    [Fact]
    public void A_second_genesis_is_refused()
    {
        Envelope record = _consortium.Compose("centre", "genesis", Fields.Genesis(_consortium));

        Assert.Contains("only once",
            _consortium.Registry.Refuses(record, LogKind.Authorization, _consortium.Authorization.Entries));
    }

    [Fact]
    public void A_log_that_does_not_begin_with_its_genesis_is_refused()
    {
        Envelope record = _consortium.Compose("centre", "member-admitted", Admission("hospital-d"));

        Assert.Contains("must begin with its genesis",
            new MemberRegistry().Refuses(record, LogKind.Authorization, _consortium.Authorization.Entries));
    }

    [Theory]
    [InlineData("member", "hospital-a", "is a member already")]
    [InlineData("identityKey", null, "another member's key")]
    [InlineData("tlsKey", null, "another member's key")]
    [InlineData("witnessKey", null, "another member's key")]
    [InlineData("witnessKey", "", "has no witness key")]
    public void An_admission_that_shares_a_name_or_a_key_is_refused(string field, string? value, string reason)
    {
        JsonObject fields = Admission("hospital-d");
        fields[field] = value ?? Fields.Admission(_consortium, "hospital-a", Role.Hospital)[field]!.DeepClone();
        if (value?.Length == 0)
        {
            fields.Remove(field);
        }

        Envelope record = _consortium.Compose("centre", "member-admitted", fields);

        Assert.Contains(reason,
            _consortium.Registry.Refuses(record, LogKind.Authorization, _consortium.Authorization.Entries));
    }

    private string? Refuses(Envelope record) =>
        _consortium.Registry.Refuses(record, LogKind.Data, _consortium.Authorization.Entries);

    private Envelope Declined(AuthHead? head = null) =>
        _consortium.Compose("hospital-a", "round-declined", Declining(), head);

    private AuthHead HeadAt(long size) => new(size, _consortium.Authorization.Entries.RootAt(size));

    private JsonObject Admission(string member)
    {
        using RecordKey identity = RecordKey.Generate();
        using Ed25519Key witness = Ed25519Key.Generate();
        JsonObject fields = Fields.Admission(_consortium, "hospital-a", Role.Hospital);
        fields["member"] = member;
        fields["identityKey"] = Convert.ToHexStringLower(identity.PublicKey);
        fields["tlsKey"] = Fields.Digest("tls of " + member);
        fields["witnessKey"] = NoteVerifierKey.Witness($"{member}.example/w1", witness.PublicKey).ToString();
        return fields;
    }

    private static JsonObject Declining() => Fields.InRound(("rule", "hours"), ("reason", "It is night."));
}
