using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: addition in Z/2^64, whatever the order. Method: words at the edges of the ring, all orders of three addends.
public sealed class AddendSumTests
{
    [Theory]
    [InlineData(1, 2, 3)]
    [InlineData(ulong.MaxValue, 1, 0)]
    [InlineData(ulong.MaxValue, ulong.MaxValue, ulong.MaxValue - 1)]
    [InlineData(1ul << 63, 1ul << 63, 0)]
    public void Words_wrap_around(ulong left, ulong right, ulong expected)
    {
        ulong[] sum = [left];

        AddendSum.Add(sum, [right]);

        Assert.Equal(expected, sum[0]);
    }

    [Fact]
    public void The_order_of_addends_does_not_matter()
    {
        ulong[][] addends = [[ulong.MaxValue, 5], [1ul << 63, 7], [3, ulong.MaxValue - 11]];
        ulong[] forwards = new ulong[2];
        ulong[] backwards = new ulong[2];

        foreach (ulong[] addend in addends)
        {
            AddendSum.Add(forwards, addend);
        }

        foreach (ulong[] addend in Enumerable.Reverse(addends))
        {
            AddendSum.Add(backwards, addend);
        }

        Assert.Equal(forwards, backwards);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    public void An_addend_of_another_length_is_refused_and_the_sum_left_alone(int words)
    {
        ulong[] sum = [4, 5];

        Assert.Throws<ArgumentException>(() => AddendSum.Add(sum, new ulong[words]));
        Assert.Equal([4ul, 5ul], sum);
    }
}
