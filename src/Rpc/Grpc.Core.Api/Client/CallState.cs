namespace Grpc.Core;

/// <summary>What the four call types have in common: headers, status, trailers and the end.</summary>
internal readonly struct CallState(
    object state,
    Func<object, Task<Metadata>> responseHeaders,
    Func<object, Status> status,
    Func<object, Metadata> trailers,
    Action<object> dispose)
{
    public CallState(Task<Metadata> headers, Func<Status> status, Func<Metadata> trailers, Action dispose)
        : this(
            new Stateless(headers, status, trailers, dispose),
            static parts => ((Stateless)parts).Headers,
            static parts => ((Stateless)parts).Status(),
            static parts => ((Stateless)parts).Trailers(),
            static parts => ((Stateless)parts).Dispose())
    {
    }

    public Task<Metadata> ResponseHeadersAsync() => responseHeaders(state);

    public Status GetStatus() => status(state);

    public Metadata GetTrailers() => trailers(state);

    public void Dispose() => dispose(state);

    private sealed record Stateless(
        Task<Metadata> Headers,
        Func<Status> Status,
        Func<Metadata> Trailers,
        Action Dispose);
}
