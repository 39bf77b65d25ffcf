using DigitalTwin.Ledger.Records;
using DigitalTwin.Ledger.Storage;
using DigitalTwin.TestKit;
using DigitalTwin.TestKit.Hosts;

namespace DigitalTwin.Coordinator.Tests;

// Goal: one folder holds one consortium, served by one coordinator, and its secrets are its owner's. Method: everything
// is tried twice.
public sealed class ConsortiumTests : IDisposable
{
    private static readonly ConsortiumSettings Settings = new("test", "localhost");

    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void A_used_folder_is_refused_and_left_alone()
    {
        Consortium.Create(_folder["state"], Settings, TimeProvider.System);
        string before = File.ReadAllText(new CoordinatorFolder(_folder["state"]).RootCertificate);

        CoordinatorException refusal = Assert.Throws<CoordinatorException>(
            () => Consortium.Create(_folder["state"], Settings with { Consortium = "other" }, TimeProvider.System));

        Assert.Contains("holds a consortium already", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(new CoordinatorFolder(_folder["state"]).RootCertificate));
        Assert.Equal(Settings, Consortium.Load(_folder["state"]));
    }

    [Fact]
    public void An_empty_folder_is_no_consortium()
    {
        CoordinatorException refusal = Assert.Throws<CoordinatorException>(
            () => Consortium.IssueToken(
                _folder["none"], "north", Role.Hospital, TimeSpan.FromHours(1), TimeProvider.System));

        Assert.Contains("dtwin coordinator init", refusal.Message, StringComparison.Ordinal);
        Assert.Throws<CoordinatorException>(() => CoordinatorHost.Build(
            new CoordinatorOptions(_folder["none"], 0, 0, AnyAddress: false), TimeProvider.System));
    }

    [Fact]
    public void Two_consortia_of_one_name_are_not_the_same()
    {
        string first = Consortium.Create(_folder["first"], Settings, TimeProvider.System);
        string second = Consortium.Create(_folder["second"], Settings, TimeProvider.System);

        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Every_private_file_is_its_owners_alone()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a system with Unix file modes");
        Consortium.Create(_folder["state"], Settings, TimeProvider.System);
        Consortium.IssueToken(_folder["state"], "north", Role.Hospital, TimeSpan.FromHours(1), TimeProvider.System);
        CoordinatorFolder folder = new(_folder["state"]);
        string[] secrets =
        [
            folder.RootKey, folder.TlsKey, folder.RecordKey, folder.AuthorizationLogKey, folder.DataLogKey,
            .. Directory.GetFiles(folder.Tokens),
        ];

        Assert.Equal(6, secrets.Length);
        Assert.All(secrets, secret =>
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, ModeOf(secret)));
    }

    [Fact]
    public async Task A_second_coordinator_on_the_same_folder_does_not_start()
    {
        await using RunningCoordinator first = await RunningCoordinator.StartNewAsync(_folder["state"]);
        await using RunningCoordinator second = RunningCoordinator.Of(_folder["state"], first.Genesis);
        string endpoints = File.ReadAllText(first.Folder.Endpoints);

        LedgerLockedException refusal = await Assert.ThrowsAsync<LedgerLockedException>(second.StartAsync);

        Assert.Contains("one log has one writer", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(endpoints, File.ReadAllText(first.Folder.Endpoints));
        Assert.False(first.HasEnded);
    }

    [Fact]
    public async Task A_stopped_coordinator_starts_again_on_its_folder()
    {
        await using RunningCoordinator coordinator = await RunningCoordinator.StartNewAsync(_folder["state"]);
        string pin = coordinator.NewToken("north", Role.Hospital).CoordinatorPin;
        await coordinator.StopAbruptlyAsync();
        await coordinator.StartAsync();

        Assert.Equal(pin, coordinator.NewToken("north", Role.Hospital).CoordinatorPin);
    }

    public void Dispose() => _folder.Dispose();

    private static UnixFileMode ModeOf(string path) =>
        OperatingSystem.IsWindows() ? UnixFileMode.None : File.GetUnixFileMode(path);
}
