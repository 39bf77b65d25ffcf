namespace Grpc.Core;

/// <summary>How a channel implementation learns what some call credentials are. Not for application code.</summary>
public abstract class CallCredentialsConfiguratorBase
{
    /// <summary>They are several, in this order.</summary>
    public abstract void SetCompositeCredentials(object? state, IReadOnlyList<CallCredentials> credentials);

    /// <summary>They are what <paramref name="interceptor"/> adds.</summary>
    public abstract void SetAsyncAuthInterceptorCredentials(object? state, AsyncAuthInterceptor interceptor);
}
