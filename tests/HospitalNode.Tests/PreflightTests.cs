using DigitalTwin.Clinical.Synthetic;
using DigitalTwin.HospitalNode.Data;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Records;
using DigitalTwin.Models.Numerics;
using DigitalTwin.TestKit;
using DigitalTwin.TestKit.Hosts;

namespace DigitalTwin.HospitalNode.Tests;

// Goal: one visit finds everything that keeps a node from taking part, and tells nothing finer than a bucket. Method: a
// node for which all is well, then one thing spoilt at a time: exactly that check must fail.
public sealed class PreflightTests : IAsyncLifetime
{
    private const string Policy = """
        version: 1
        contracts: [heart-disease/v1]
        models: [logistic]
        algorithms: [newton]
        privacy:
          withoutDifferentialPrivacy: true
          mostEpsilonPerStudy: 1
          mostEpsilonInTotal: 3
          mostDelta: 0.001
          distributedNoise: true
        sites: { fewest: 3 }
        rows: { fewest: 20 }
        metrics: { perSite: false }
        approval: person

        """;

    private readonly TemporaryFolder _folder = new();
    private RunningCoordinator _coordinator = null!;
    private MemberFolder _member = null!;

    private string DataFile => _folder["north.csv"];

    public async ValueTask InitializeAsync()
    {
        _coordinator = await RunningCoordinator.StartNewAsync(_folder["coordinator"]);
        _member = new MemberFolder(_folder["north"]);
        await _coordinator.EnrolAsync(_member, "north", Role.Hospital);
        PhiloxStream stream = new(seed: 1, stream: 0);
        await File.WriteAllTextAsync(DataFile, SyntheticHospitals.HeartDisease(stream.NextUInt64)[0].ToCsv());
        await File.WriteAllTextAsync(_member.Policy, Policy);
    }

    public async ValueTask DisposeAsync()
    {
        await _coordinator.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_node_for_which_all_is_well_passes_every_check()
    {
        PreflightResult result = await RunAsync(TimeProvider.System);

        Assert.True(result.Passed, result.ToJson());
        Assert.Equal(
            ["certificate", "disk", "policy", "data contract", "coordinator and clock"],
            result.Checks.Select(check => check.Name));
    }

    [Fact]
    public async Task What_the_others_would_learn_is_a_bucket()
    {
        PreflightResult result = await RunAsync(TimeProvider.System);

        // 303 rows, of which 34 % are held out: about 200 are trained on.
        Assert.True(result.RowsBucket is "100-199" or "200-499", result.RowsBucket);
        Assert.True(result.PrevalenceBucket is "25-50%" or "50-75%", result.PrevalenceBucket);
    }

    [Fact]
    public async Task Without_a_policy_only_that_check_fails()
    {
        File.Delete(_member.Policy);

        Assert.Contains("takes part in nothing", await OnlyFailureAsync("policy"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("version: 1", "version: 2")]
    [InlineData("fewest: 3", "fewest: 1")]
    [InlineData("approval: person", "approval: perhaps")]
    [InlineData("metrics:", "metrix:")]
    [InlineData("mostDelta: 0.001", "mostDelta: .nan")]
    public async Task A_malformed_policy_fails_with_its_file_and_line(string text, string spoilt)
    {
        File.WriteAllText(_member.Policy, Policy.Replace(text, spoilt, StringComparison.Ordinal));

        Assert.Contains(_member.Policy, await OnlyFailureAsync("policy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_data_file_only_that_check_fails_and_no_bucket_is_told()
    {
        File.Delete(DataFile);

        PreflightResult result = await RunAsync(TimeProvider.System);

        Assert.Contains(DataFile, OnlyFailure(result, "data contract"), StringComparison.Ordinal);
        Assert.Null(result.RowsBucket);
        Assert.Null(result.PrevalenceBucket);
    }

    [Fact]
    public async Task A_coordinator_that_is_down_fails_only_its_check()
    {
        await _coordinator.StopAbruptlyAsync();

        Assert.StartsWith(
            "The coordinator does not answer", await OnlyFailureAsync("coordinator and clock"),
                StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1, true)]
    [InlineData(10, false)]
    public async Task A_clock_that_is_minutes_fast_fails_only_its_check(int minutes, bool passes)
    {
        ManualTime wrong = new(TimeProvider.System.GetUtcNow() + TimeSpan.FromMinutes(minutes));

        PreflightResult result = await RunAsync(wrong);

        Assert.Equal(passes, result.Passed);
        Assert.True(passes || OnlyFailure(result, "coordinator and clock").EndsWith(
            "s apart; set this machine's clock", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_folder_that_cannot_be_written_fails_only_its_check()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "needs a system with Unix file modes");
        Assert.SkipWhen(Environment.IsPrivilegedProcess, "needs a user who is not root");
        SetMode(_member.Root, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        try
        {
            await OnlyFailureAsync("disk");
        }
        finally
        {
            SetMode(_member.Root, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        }
    }

    [Fact]
    public async Task Three_faults_are_found_in_one_visit()
    {
        File.Delete(_member.Policy);
        File.Delete(DataFile);
        await _coordinator.StopAbruptlyAsync();

        PreflightResult result = await RunAsync(TimeProvider.System);

        Assert.False(result.Passed);
        Assert.Equal(
            ["policy", "data contract", "coordinator and clock"],
            result.Checks.Where(check => !check.Passed).Select(check => check.Name));
    }

    private static void SetMode(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    private async Task<string> OnlyFailureAsync(string check) =>
        OnlyFailure(await RunAsync(TimeProvider.System), check);

    private static string OnlyFailure(PreflightResult result, string check)
    {
        PreflightCheck failed = Assert.Single(result.Checks, one => !one.Passed);
        Assert.Equal(check, failed.Name);
        Assert.False(result.Passed);
        return failed.Detail;
    }

    private Task<PreflightResult> RunAsync(TimeProvider time) => Preflight.RunAsync(
        _member,
        new DataSource(DataFile, "heart-disease/v1", null, "north"),
        time,
        TestContext.Current.CancellationToken);
}
