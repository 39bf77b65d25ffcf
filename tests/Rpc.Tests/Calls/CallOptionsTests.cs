using Grpc.Core;

namespace DigitalTwin.Rpc.Tests.Calls;

// Goal: options are values: a change is a copy that keeps everything else. Method: change each part of full options.
public sealed class CallOptionsTests
{
    private static readonly DateTime Deadline = new(2026, 1, 2, 3, 4, 5, DateTimeKind.Utc);

    [Fact]
    public void Options_of_nothing_ask_for_nothing()
    {
        CallOptions none = default;

        Assert.Null(none.Headers);
        Assert.Null(none.Deadline);
        Assert.Null(none.WriteOptions);
        Assert.Null(none.Credentials);
        Assert.Null(none.PropagationToken);
        Assert.False(none.CancellationToken.CanBeCanceled);
        Assert.False(none.IsWaitForReady);
    }

    [Fact]
    public void Each_change_leaves_the_rest_and_the_original_alone()
    {
        Metadata headers = new() { { "key", "value" } };
        CallCredentials credentials = CallCredentials.FromInterceptor((_, _) => Task.CompletedTask);
        using CancellationTokenSource source = new();
        CallOptions original = new(headers, Deadline, source.Token, WriteOptions.Default, credentials: credentials);

        CallOptions changed = original
            .WithDeadline(Deadline.AddDays(1))
            .WithHeaders([])
            .WithWriteOptions(new WriteOptions(WriteFlags.NoCompress))
            .WithCancellationToken(TestContext.Current.CancellationToken)
            .WithWaitForReady();

        Assert.Same(headers, original.Headers);
        Assert.Equal(Deadline, original.Deadline);
        Assert.Equal(source.Token, original.CancellationToken);
        Assert.Same(WriteOptions.Default, original.WriteOptions);
        Assert.False(original.IsWaitForReady);
        Assert.Same(credentials, changed.Credentials);
        Assert.Equal(Deadline.AddDays(1), changed.Deadline);
        Assert.Equal(WriteFlags.NoCompress, changed.WriteOptions?.Flags);
        Assert.Equal(TestContext.Current.CancellationToken, changed.CancellationToken);
        Assert.True(changed.IsWaitForReady);
        Assert.False(changed.WithWaitForReady(false).IsWaitForReady);
    }
}
