using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Coordinator.Enrolment;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Records;
using DigitalTwin.TestKit;

namespace DigitalTwin.Coordinator.Tests.Enrolment;

// Goal: a token admits one key to one membership, for a while, and the folder that keeps it admits nobody. Method: a
// clock by hand, a folder of the test's own, and every way to hold the token wrongly.
public sealed class TokenStoreTests : IDisposable
{
    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(1);

    private readonly TemporaryFolder _folder = new();
    private readonly ManualTime _time = new(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private TokenStore Tokens => new(_folder.FullPath, _time);

    [Theory]
    [InlineData(Role.Hospital)]
    [InlineData(Role.Researcher)]
    [InlineData(Role.Auditor)]
    public void A_token_gives_the_member_and_role_that_it_was_made_for(Role role)
    {
        byte[] secret = NewSecret(role);

        TokenRecord? spent = Tokens.Spend(secret, "key-1", out string refusal);

        Assert.Equal("", refusal);
        Assert.Equal(("north", role, "key-1"), (spent!.Member, spent.Role, spent.SpentBy));
    }

    [Fact]
    public void A_spent_token_is_refused_to_another_key_and_repeated_to_its_own()
    {
        byte[] secret = NewSecret();
        Tokens.Spend(secret, "key-1", out _);

        Assert.Null(Tokens.Spend(secret, "key-2", out string refusal));
        Assert.Contains("has been used", refusal, StringComparison.Ordinal);
        Assert.Equal("key-1", Tokens.Spend(secret, "key-1", out _)!.SpentBy);
    }

    [Theory]
    [InlineData(3600, true)]
    [InlineData(3601, false)]
    public void A_token_is_good_to_the_end_of_its_life(int seconds, bool isGood)
    {
        byte[] secret = NewSecret();
        _time.Advance(TimeSpan.FromSeconds(seconds));

        TokenRecord? spent = Tokens.Spend(secret, "key-1", out string refusal);

        Assert.Equal(isGood, spent is not null);
        Assert.Equal(!isGood, refusal.Contains("has expired", StringComparison.Ordinal));
    }

    [Fact]
    public void A_lost_answer_is_repeated_after_the_end_of_the_tokens_life()
    {
        byte[] secret = NewSecret();
        Tokens.Spend(secret, "key-1", out _);
        _time.Advance(Lifetime * 2);

        Assert.NotNull(Tokens.Spend(secret, "key-1", out _));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    public void A_wrong_secret_is_refused(int bytes)
    {
        NewSecret();

        Assert.Null(Tokens.Spend(new byte[bytes], "key-1", out string refusal));
        Assert.Contains("not known here", refusal, StringComparison.Ordinal);
    }

    [Fact]
    public void The_folder_holds_hashes_and_no_secret()
    {
        byte[] secret = NewSecret();
        string file = Assert.Single(Directory.GetFiles(_folder.FullPath));

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(secret)) + ".json", Path.GetFileName(file));
        byte[] content = File.ReadAllBytes(file);
        Assert.True(content.AsSpan().IndexOf("north"u8) >= 0);
        foreach (string spelled in new[]
        {
            Convert.ToHexString(secret), Convert.ToHexStringLower(secret), Convert.ToBase64String(secret).TrimEnd('='),
            System.Buffers.Text.Base64Url.EncodeToString(secret),
        })
        {
            Assert.True(content.AsSpan().IndexOf(Encoding.ASCII.GetBytes(spelled)) < 0);
        }

        Assert.Null(Tokens.Spend(SHA256.HashData(secret), "key-1", out _));
    }

    [Fact]
    public async Task Of_two_keys_at_once_one_gets_the_membership()
    {
        byte[] secret = NewSecret();

        TokenRecord?[] spent = await Task.WhenAll(Enumerable.Range(0, 8).Select(i => Task.Run(
            () => Tokens.Spend(secret, $"key-{i}", out _), TestContext.Current.CancellationToken)));

        Assert.Single(spent, one => one is not null);
    }

    public void Dispose() => _folder.Dispose();

    private byte[] NewSecret(Role role = Role.Hospital) =>
        EnrolmentToken.Parse(Tokens.Issue("north", role, Lifetime, new byte[32])).Secret;
}
