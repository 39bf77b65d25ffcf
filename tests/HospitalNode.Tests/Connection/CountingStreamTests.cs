using DigitalTwin.HospitalNode.Connection;

namespace DigitalTwin.HospitalNode.Tests.Connection;

// Goal: every byte that leaves is counted once, whichever way it is written, and none that failed to leave. Method: all
// ways to write, over a memory and over a broken stream.
public sealed class CountingStreamTests
{
    private static readonly byte[] Bytes = [1, 2, 3, 4, 5];

    private long _sent;

    [Fact]
    public async Task Every_way_to_write_is_counted_and_passed_on()
    {
        using MemoryStream inner = new();
        await using CountingStream stream = new(inner, sent => _sent += sent);
        CancellationToken stop = TestContext.Current.CancellationToken;

        stream.Write(Bytes, 0, 5);
        stream.Write(Bytes, 1, 3);
        stream.Write(Bytes.AsSpan(0, 2));
        stream.WriteByte(9);
        await stream.WriteAsync(Bytes.AsMemory(2), stop);
#pragma warning disable CA1835 // The older way is the one that is tried here.
        await stream.WriteAsync(Bytes, 3, 2, stop);
#pragma warning restore CA1835
        await stream.FlushAsync(stop);

        Assert.Equal(16, _sent);
        Assert.Equal([1, 2, 3, 4, 5, 2, 3, 4, 1, 2, 9, 3, 4, 5, 4, 5], inner.ToArray());
    }

    [Fact]
    public async Task What_is_read_is_passed_on_and_not_counted()
    {
        await using CountingStream stream = new(new MemoryStream(Bytes), sent => _sent += sent);
        byte[] buffer = new byte[5];

        Assert.Equal(2, stream.Read(buffer, 0, 2));
        Assert.Equal(3, await stream.ReadAsync(buffer.AsMemory(2), TestContext.Current.CancellationToken));

        Assert.Equal(Bytes, buffer);
        Assert.Equal(0, _sent);
    }

    [Fact]
    public async Task What_could_not_be_written_is_not_counted()
    {
        MemoryStream closed = new();
        await closed.DisposeAsync();
        CountingStream stream = new(closed, sent => _sent += sent);

        Assert.Throws<ObjectDisposedException>(() => stream.Write(Bytes, 0, 5));
        await Assert.ThrowsAsync<ObjectDisposedException>(
            () => stream.WriteAsync(Bytes, TestContext.Current.CancellationToken).AsTask());

        Assert.Equal(0, _sent);
    }

    [Fact]
    public void A_connection_has_no_position()
    {
        using CountingStream stream = new(new MemoryStream(), _ => { });

        Assert.False(stream.CanSeek);
        Assert.Throws<NotSupportedException>(() => stream.Length);
        Assert.Throws<NotSupportedException>(() => stream.Position);
        Assert.Throws<NotSupportedException>(() => stream.Seek(0, SeekOrigin.Begin));
        Assert.Throws<NotSupportedException>(() => stream.SetLength(1));
    }
}
