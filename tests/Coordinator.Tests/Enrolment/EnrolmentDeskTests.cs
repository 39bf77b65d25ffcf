using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using DigitalTwin.Coordinator.Enrolment;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Members;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Coordinator.Tests.Enrolment;

// Goal: a token turns into one member, whose keys the applicant holds, and a refused request leaves no trace on the
// ledger. Method: a good request, repeated, and spoilt in one place at a time.
public sealed class EnrolmentDeskTests : IDisposable
{
    private readonly OpenLedger _open = new();
    private readonly RecordKey _key = RecordKey.Generate();

    [Fact]
    public void A_good_request_makes_a_member_with_its_keys()
    {
        Member member = _open.Enrol("north", Role.Hospital, _key);

        Assert.Equal(Role.Hospital, member.Role);
        Assert.Equal(_key.PublicKey, member.IdentityKey);
        Assert.Equal("north", member.WitnessKey!.Name);
        Assert.Equal(2, Size);
    }

    [Fact]
    public void A_repeated_request_gives_a_certificate_again_and_no_second_member()
    {
        EnrolmentRequest request = OpenLedger.RequestOf("north", _open.TokenFor("north", Role.Hospital), _key);

        using X509Certificate2 first = _open.Desk.Admit(request, out _)!.Value.Certificate;
        using X509Certificate2 second = _open.Desk.Admit(request, out _)!.Value.Certificate;

        Assert.Equal(first.PublicKey.ExportSubjectPublicKeyInfo(), second.PublicKey.ExportSubjectPublicKeyInfo());
        Assert.Equal(2, Size);
    }

    [Theory]
    [InlineData("record proof")]
    [InlineData("witness proof")]
    [InlineData("witness key")]
    [InlineData("signing request")]
    [InlineData("RSA request")]
    [InlineData("token")]
    public void A_spoilt_request_is_refused_and_leaves_no_record(string spoilt)
    {
        EnrolmentRequest good = OpenLedger.RequestOf("north", _open.TokenFor("north", Role.Hospital), _key);
        EnrolmentRequest request = spoilt switch
        {
            "record proof" => good with { RecordKeyProof = new byte[64] },
            "witness proof" => good with { WitnessKeyProof = new byte[64] },
            "witness key" => good with { WitnessKey = "north+00000000+nothing" },
            "signing request" => good with { SigningRequest = [1, 2, 3], RecordKeyProof = _key.Sign([1, 2, 3]) },
            "RSA request" => WithRsaKey(good),
            _ => good with { TokenSecret = new byte[32] },
        };

        Assert.Null(_open.Desk.Admit(request, out string refusal));
        Assert.NotEqual("", refusal);
        Assert.Equal(1, Size);
    }

    [Fact]
    public void A_hospital_without_a_witness_key_of_its_name_is_refused()
    {
        byte[] token = _open.TokenFor("north", Role.Hospital);
        EnrolmentRequest nameless =
            OpenLedger.RequestOf("north", token, _key) with { WitnessKey = "", WitnessKeyProof = [] };

        Assert.Null(_open.Desk.Admit(nameless, out string refusal));
        Assert.Contains("needs a witness key of its own name, north", refusal, StringComparison.Ordinal);
        Assert.Null(_open.Desk.Admit(OpenLedger.RequestOf("south", token, _key), out _));
        Assert.Equal(1, Size);
    }

    [Fact]
    public void A_member_cannot_be_replaced_by_a_second_token()
    {
        _open.Enrol("north", Role.Hospital, _key);
        using RecordKey other = RecordKey.Generate();
        EnrolmentRequest request = OpenLedger.RequestOf("north", _open.TokenFor("north", Role.Hospital), other);

        Assert.Null(_open.Desk.Admit(request, out string refusal));
        Assert.Equal("north is a member already, with another key.", refusal);
        Assert.Equal(_key.PublicKey, _open.Ledger.Members.Find("north")!.IdentityKey);
    }

    [Fact]
    public void One_key_does_not_make_two_members()
    {
        _open.Enrol("north", Role.Hospital, _key);
        EnrolmentRequest request = OpenLedger.RequestOf("south", _open.TokenFor("south", Role.Hospital), _key);

        Assert.Null(_open.Desk.Admit(request, out string refusal));
        Assert.Contains("another member's key", refusal, StringComparison.Ordinal);
        Assert.Equal(2, Size);
    }

    public void Dispose()
    {
        _key.Dispose();
        _open.Dispose();
    }

    private long Size => _open.Ledger.KeeperOf(LogKind.Authorization).Entries.Size;

    // The witness signs with a key that is gone, so the request is a researcher's, who needs none.
    private EnrolmentRequest WithRsaKey(EnrolmentRequest good)
    {
        using RSA rsa = RSA.Create(2048);
        byte[] request = new CertificateRequest(
            "CN=north", rsa, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSigningRequest();
        return good with
        {
            TokenSecret = _open.TokenFor("north", Role.Researcher),
            SigningRequest = request,
            RecordKeyProof = _key.Sign(request),
            WitnessKey = "",
            WitnessKeyProof = [],
        };
    }
}
