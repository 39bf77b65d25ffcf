namespace Grpc.Core;

/// <summary>Credentials that go with single calls, such as a bearer token. Only sent over secure channels.</summary>
public abstract class CallCredentials
{
    /// <summary>Several credentials as one, applied in order.</summary>
    /// <exception cref="ArgumentException">There are fewer than two.</exception>
    public static CallCredentials Compose(params CallCredentials[] credentials)
    {
        ArgumentNullException.ThrowIfNull(credentials);
        if (credentials.Length < 2)
        {
            throw new ArgumentException("A composition takes two credentials or more.", nameof(credentials));
        }

        return new Composite([.. credentials]);
    }

    /// <summary>Credentials that <paramref name="interceptor"/> adds to the request headers.</summary>
    public static CallCredentials FromInterceptor(AsyncAuthInterceptor interceptor)
    {
        ArgumentNullException.ThrowIfNull(interceptor);
        return new Intercepted(interceptor);
    }

    /// <summary>Tells a channel implementation what these credentials are. Not for other callers.</summary>
    public abstract void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state);

    private sealed class Composite(IReadOnlyList<CallCredentials> credentials) : CallCredentials
    {
        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state)
        {
            configurator.SetCompositeCredentials(state, credentials);
        }
    }

    private sealed class Intercepted(AsyncAuthInterceptor interceptor) : CallCredentials
    {
        public override void InternalPopulateConfiguration(CallCredentialsConfiguratorBase configurator, object? state)
        {
            configurator.SetAsyncAuthInterceptorCredentials(state, interceptor);
        }
    }
}
