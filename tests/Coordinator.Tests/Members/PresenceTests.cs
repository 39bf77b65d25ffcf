using DigitalTwin.Coordinator.Members;
using DigitalTwin.TestKit;

namespace DigitalTwin.Coordinator.Tests.Members;

// Goal: a member counts as away exactly while it has no connection. Method: a clock by hand.
public sealed class PresenceTests
{
    private static readonly TimeSpan Step = TimeSpan.FromSeconds(5);

    private readonly ManualTime _time = new(DateTimeOffset.UnixEpoch);

    [Fact]
    public void A_member_that_never_came_is_away_since_the_start()
    {
        Presence presence = new(_time);
        _time.Advance(Step);

        Assert.Equal(Step, presence.Absence("north"));
    }

    [Fact]
    public void A_member_is_here_until_its_last_connection_is_gone()
    {
        Presence presence = new(_time);
        presence.Arrive("north");
        presence.Arrive("north");
        _time.Advance(Step);
        presence.Leave("north");
        _time.Advance(Step);
        Assert.Equal(TimeSpan.Zero, presence.Absence("north"));

        presence.Leave("north");
        _time.Advance(Step);

        Assert.Equal(Step, presence.Absence("north"));
        Assert.Equal(Step * 3, presence.Absence("east"));
    }

    [Fact]
    public void A_member_that_comes_back_is_here()
    {
        Presence presence = new(_time);
        presence.Arrive("north");
        presence.Leave("north");
        _time.Advance(Step);
        presence.Arrive("north");

        Assert.Equal(TimeSpan.Zero, presence.Absence("north"));
    }
}
