using DigitalTwin.Models.Networks.Threads;

namespace DigitalTwin.Models.Tests.Networks.Threads;

// Goal: shares leave nothing out and overlap nowhere. Method: lengths that the grain and the number of shares do not
// divide.
public sealed class WorkShareTests
{
    [Theory]
    [InlineData(64, 32, 3)]
    [InlineData(7, 6, 4)]
    [InlineData(100, 1, 3)]
    [InlineData(0, 6, 2)]
    public void Shares_are_all_of_the_work_and_meet_at_the_grain(int length, int grain, int count)
    {
        int end = 0;
        for (int i = 0; i < count; i++)
        {
            WorkShare share = new(i, count);
            Assert.Equal(end, share.Begin(length, grain));
            Assert.Equal(0, share.Begin(length, grain) % grain);
            end = share.End(length, grain);
        }

        Assert.Equal(length, end);
    }
}
