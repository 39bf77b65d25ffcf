namespace Grpc.Core.Interceptors;

/// <summary>Changes the host and the options of every call and leaves the messages alone.</summary>
internal sealed class ContextInterceptor(
    Func<string?, string?> changeHost,
    Func<CallOptions, CallOptions> changeOptions) : Interceptor
{
    public static ContextInterceptor ForHost(string host) => new(_ => host, options => options);

    public static ContextInterceptor ForHeaders(Func<Metadata, Metadata> change)
    {
        return new ContextInterceptor(host => host, options => options.WithHeaders(change(CopyOf(options.Headers))));
    }

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        BlockingUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        return continuation(request, Change(context));
    }

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncUnaryCallContinuation<TRequest, TResponse> continuation)
    {
        return continuation(request, Change(context));
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        TRequest request,
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncServerStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        return continuation(request, Change(context));
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncClientStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        return continuation(Change(context));
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context,
        AsyncDuplexStreamingCallContinuation<TRequest, TResponse> continuation)
    {
        return continuation(Change(context));
    }

    private static Metadata CopyOf(Metadata? headers) => [.. headers ?? Metadata.Empty];

    private ClientInterceptorContext<TRequest, TResponse> Change<TRequest, TResponse>(
        ClientInterceptorContext<TRequest, TResponse> context)
        where TRequest : class
        where TResponse : class
    {
        return new ClientInterceptorContext<TRequest, TResponse>(
            context.Method,
            changeHost(context.Host),
            changeOptions(context.Options));
    }
}
