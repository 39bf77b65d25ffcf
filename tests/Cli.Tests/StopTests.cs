namespace DigitalTwin.Cli.Tests;

// Goal: however a run is ended, nobody is left behind and the ledger holds. Method: the demo runs in a process group of
// its own and is interrupted like from a terminal, or killed, while rounds go on; the children are looked up in /proc.
public sealed class StopTests
{
    private const int Roles = 5;

    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    [Fact]
    public void Control_c_ends_every_process_and_leaves_a_ledger_that_verifies()
    {
        using TemporaryFolder folder = new();
        using RunningDtwin demo = Dtwin.StartInOwnGroup(folder.FullPath, "demo", "--out", "out");
        int[] children = ChildrenInTheMiddleOfTheStudy(demo);

        demo.Signal("INT", group: true);

        Answer answer = demo.Finish(Patience);
        Assert.True(answer.ExitCode == ExitCodes.Interrupted, answer.ToString());
        Assert.All(children, child => Assert.False(Proc.Runs(child), $"process {child} is still there"));

        Answer audit = Dtwin.Run("audit", "verify", folder["out/state/coordinator/ledger"]);
        Assert.True(audit.ExitCode == ExitCodes.Complete, audit.ToString());
    }

    [Fact]
    public void A_killed_demo_leaves_no_orphan_and_a_ledger_that_verifies()
    {
        using TemporaryFolder folder = new();
        using RunningDtwin demo = Dtwin.StartInOwnGroup(folder.FullPath, "demo", "--out", "out");
        int[] children = ChildrenInTheMiddleOfTheStudy(demo);

        demo.Signal("KILL");

        Assert.True(
            SpinWait.SpinUntil(() => !children.Any(Proc.Runs), Patience),
            $"still there: {string.Join(", ", children.Where(Proc.Runs))}");
        Answer audit = Dtwin.Run("audit", "verify", folder["out/state/coordinator/ledger"]);
        Assert.True(audit.ExitCode == ExitCodes.Complete, audit.ToString());
    }

    [Fact]
    public void A_hospital_killed_in_a_round_degrades_or_fails_the_study_and_is_named()
    {
        using TemporaryFolder folder = new();
        using RunningDtwin demo = Dtwin.StartInOwnGroup(folder.FullPath, "demo", "--out", "out");
        int[] children = ChildrenInTheMiddleOfTheStudy(demo);
        int west = children.Single(child => File.ReadAllText($"/proc/{child}/cmdline").Contains(
            "--member\0west", StringComparison.Ordinal));

        using (System.Diagnostics.Process victim = System.Diagnostics.Process.GetProcessById(west))
        {
            victim.Kill();
        }

        Answer answer = demo.Finish(Patience);
        Assert.True(answer.ExitCode is ExitCodes.Degraded or ExitCodes.Failed, answer.ToString());
        Assert.Contains("west", File.ReadAllText(folder["out/result.json"]), StringComparison.Ordinal);
        Assert.Contains("dropped", answer.Output
            + File.ReadAllText(folder["out/result.json"]), StringComparison.Ordinal);
    }

    private static int[] ChildrenInTheMiddleOfTheStudy(RunningDtwin demo)
    {
        demo.WaitUntil(
            () => demo.Output.Contains("round 2/", StringComparison.Ordinal), "the second round", Patience);
        int[] children = demo.Children();
        Assert.Equal(Roles, children.Length);
        return children;
    }
}
