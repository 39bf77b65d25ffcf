using DigitalTwin.Models.Networks.Threads;

namespace DigitalTwin.Models.Tests.Networks.Threads;

// Goal: every part is done once per run, whoever does it, and a failure reaches the caller. Method: many short runs in
// a row, so that helpers of one run arrive during the next.
public sealed class ThreadTeamTests
{
    private const int Parts = 4;
    private const int Runs = 4_000;

    [Fact]
    public void Every_part_is_done_once_in_every_run()
    {
        int[] done = new int[Parts];
        ThreadTeam team = new(part => Interlocked.Increment(ref done[part]));

        for (int run = 1; run <= Runs; run++)
        {
            team.Run(Parts);

            // Nothing of this run is left when it returns.
            Assert.All(done, count => Assert.Equal(run, count));
        }
    }

    [Fact]
    public void Runs_may_have_any_number_of_parts()
    {
        int[] done = new int[Parts];
        ThreadTeam team = new(part => Interlocked.Increment(ref done[part]));

        for (int run = 0; run < Runs; run++)
        {
            team.Run((run % Parts) + 1);
        }

        Assert.Equal([Runs, Runs * 3 / 4, Runs / 2, Runs / 4], done);
    }

    // Each of two parts waits for the other: one thread alone would wait in vain.
    [Fact]
    public void Two_parts_run_side_by_side()
    {
        using CountdownEvent both = new(2);
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        bool[] met = new bool[2];
        ThreadTeam team = new(part =>
        {
            both.Signal();
            met[part] = both.Wait(TimeSpan.FromMinutes(1), cancellation);
        });

        team.Run(2);

        Assert.Equal([true, true], met);
    }

    [Fact]
    public void A_failure_reaches_the_caller_and_the_team_goes_on()
    {
        int done = 0;
        ThreadTeam team = new(part =>
        {
            Interlocked.Increment(ref done);
            if (part == 2 && done <= Parts)
            {
                throw new ArithmeticException("part 2");
            }
        });

        ArithmeticException failure = Assert.Throws<ArithmeticException>(() => team.Run(Parts));
        Assert.Equal("part 2", failure.Message);
        Assert.Equal(Parts, done);

        team.Run(Parts);
        Assert.Equal(2 * Parts, done);
    }
}
