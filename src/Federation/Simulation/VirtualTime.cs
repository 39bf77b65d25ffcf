namespace DigitalTwin.Federation.Simulation;

/// <summary>A clock that moves only when a simulated consortium has nothing left to do.</summary>
internal sealed class VirtualTime : TimeProvider
{
    /// <summary>Any date would do; a fixed one makes two runs write the same records.</summary>
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>How long the clock has run.</summary>
    public TimeSpan Elapsed { get; private set; }

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => Start + Elapsed;

    public override long GetTimestamp() => Elapsed.Ticks;

    public void Advance(TimeSpan by) => Elapsed += by;
}
