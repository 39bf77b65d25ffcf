using DigitalTwin.Federation.Participation;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Records;
using DigitalTwin.TestKit;
using DigitalTwin.TestKit.Hosts;

namespace DigitalTwin.HospitalNode.Tests.Membership;

// Goal: a folder that can't be used says in one sentence what is wrong with it. Method: a real enrolment, spoilt in one
// place at a time.
public sealed class MemberFolderTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private RunningCoordinator _coordinator = null!;
    private MemberFolder _member = null!;

    public async ValueTask InitializeAsync()
    {
        _coordinator = await RunningCoordinator.StartNewAsync(_folder["coordinator"]);
        _member = new MemberFolder(_folder["north"]);
        await _coordinator.EnrolAsync(_member, "north", Role.Hospital);
    }

    public async ValueTask DisposeAsync()
    {
        await _coordinator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void An_enrolled_folder_knows_who_it_is()
    {
        MemberIdentity identity = _member.Load();

        Assert.Equal(("north", Role.Hospital), (identity.Member, identity.Role));
        Assert.Equal(_coordinator.Genesis, identity.Genesis);
        Assert.Equal(_coordinator.Ports.Port, identity.Coordinator.Port);
        Assert.True(_member.LoadCertificate(TimeProvider.System).HasPrivateKey);
    }

    [Fact]
    public void Every_private_file_is_its_owners_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a system with Unix file modes");
        _member.LoadReplayKey();

        Assert.All(
            new[] { _member.TlsKey, _member.RecordKey, _member.WitnessKey, _member.ReplaySecret },
            secret => Assert.Equal(
                UnixFileMode.UserRead | UnixFileMode.UserWrite,
                OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(secret)));
    }

    [Fact]
    public void A_folder_that_is_not_enrolled_says_how_to_enrol()
    {
        NodeException refusal = Assert.Throws<NodeException>(() => new MemberFolder(_folder["none"]).Load());

        Assert.Contains("dtwin node enroll", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_enrolled_folder_is_not_enrolled_again()
    {
        NodeException refusal = await Assert.ThrowsAsync<NodeException>(
            () => _coordinator.EnrolAsync(_member, "north", Role.Hospital));

        Assert.Contains("is enrolled already", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_enrolment_whose_answer_was_lost_is_repeated_with_the_same_keys()
    {
        MemberFolder folder = new(_folder["east"]);
        EnrolmentToken token = _coordinator.NewToken("east", Role.Hospital);
        await EnrolAsync(folder, token);
        byte[] key = File.ReadAllBytes(folder.TlsKey);
        File.Delete(Path.Combine(folder.Identity, "member.json"));

        await EnrolAsync(folder, token);

        Assert.True(folder.IsEnrolled);
        Assert.Equal(key, File.ReadAllBytes(folder.TlsKey));
    }

    [Theory]
    [InlineData(100, "expired on ")]
    [InlineData(-1, "is valid only from ")]
    public void A_certificate_out_of_its_time_is_refused(int days, string sentence)
    {
        ManualTime then = new(TimeProvider.System.GetUtcNow() + TimeSpan.FromDays(days));

        NodeException refusal = Assert.Throws<NodeException>(() => _member.LoadCertificate(then));

        Assert.Contains(sentence, refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    public void A_certificate_that_is_missing_or_damaged_is_refused(string? content)
    {
        File.Delete(_member.TlsCertificate);
        if (content is not null)
        {
            File.WriteAllText(_member.TlsCertificate, content);
        }

        NodeException refusal = Assert.Throws<NodeException>(() => _member.LoadCertificate(TimeProvider.System));

        Assert.StartsWith($"The certificate in {_member.Identity} can't be used: ", refusal.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void The_replay_key_is_made_once_and_a_torn_one_is_refused()
    {
        byte[] salt = _member.LoadReplayKey().Salt("document", 1, 1);
        Assert.Equal(salt, _member.LoadReplayKey().Salt("document", 1, 1));
        File.WriteAllBytes(_member.ReplaySecret, new byte[ReplayKey.Size - 1]);

        Assert.Contains(
            "restore it from a backup",
            Assert.Throws<NodeException>(_member.LoadReplayKey).Message,
            StringComparison.Ordinal);
    }

    private Task<MemberIdentity> EnrolAsync(MemberFolder folder, EnrolmentToken token) => EnrolmentClient.EnrolAsync(
        folder, "east", token, _coordinator.Enrolment, TimeProvider.System, TestContext.Current.CancellationToken);
}
