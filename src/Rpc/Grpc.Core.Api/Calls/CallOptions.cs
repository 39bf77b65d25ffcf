namespace Grpc.Core;

/// <summary>What a client asks for with one call. Immutable: every change is a copy.</summary>
public readonly struct CallOptions
{
    /// <summary>Options for one call.</summary>
    /// <param name="headers">Request headers.</param>
    /// <param name="deadline">When, in UTC, the call fails with <see cref="StatusCode.DeadlineExceeded"/>.</param>
    /// <param name="cancellationToken">Cancels the call, at the server too.</param>
    /// <param name="writeOptions">How requests are written.</param>
    /// <param name="propagationToken">The call that this one is made for.</param>
    /// <param name="credentials">Credentials of this call, on top of the channel's.</param>
    public CallOptions(
        Metadata? headers = null,
        DateTime? deadline = null,
        CancellationToken cancellationToken = default,
        WriteOptions? writeOptions = null,
        ContextPropagationToken? propagationToken = null,
        CallCredentials? credentials = null)
    {
        Headers = headers;
        Deadline = deadline;
        CancellationToken = cancellationToken;
        WriteOptions = writeOptions;
        PropagationToken = propagationToken;
        Credentials = credentials;
    }

    /// <summary>Request headers, or null.</summary>
    public Metadata? Headers { get; private init; }

    /// <summary>The deadline, in UTC, or null for none.</summary>
    public DateTime? Deadline { get; private init; }

    /// <summary>Cancels the call.</summary>
    public CancellationToken CancellationToken { get; private init; }

    /// <summary>How requests are written, or null for the default.</summary>
    public WriteOptions? WriteOptions { get; private init; }

    /// <summary>The call that this one is made for, or null.</summary>
    public ContextPropagationToken? PropagationToken { get; }

    /// <summary>Credentials of this call, or null.</summary>
    public CallCredentials? Credentials { get; private init; }

    /// <summary>Whether the call waits for a connection rather than fail at once when there is none.</summary>
    public bool IsWaitForReady { get; private init; }

    /// <summary>A copy with other headers.</summary>
    public CallOptions WithHeaders(Metadata headers) => this with { Headers = headers };

    /// <summary>A copy with another deadline, in UTC.</summary>
    public CallOptions WithDeadline(DateTime deadline) => this with { Deadline = deadline };

    /// <summary>A copy with another cancellation token.</summary>
    public CallOptions WithCancellationToken(CancellationToken cancellationToken)
    {
        return this with { CancellationToken = cancellationToken };
    }

    /// <summary>A copy with other write options.</summary>
    public CallOptions WithWriteOptions(WriteOptions writeOptions) => this with { WriteOptions = writeOptions };

    /// <summary>A copy with other call credentials.</summary>
    public CallOptions WithCredentials(CallCredentials credentials) => this with { Credentials = credentials };

    /// <summary>A copy that waits for a connection, or one that does not.</summary>
    public CallOptions WithWaitForReady(bool waitForReady = true) => this with { IsWaitForReady = waitForReady };
}
