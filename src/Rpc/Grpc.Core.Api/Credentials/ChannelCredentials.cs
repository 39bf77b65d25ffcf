namespace Grpc.Core;

/// <summary>How a channel is secured, and which call credentials go with every call on it.</summary>
public abstract class ChannelCredentials
{
    /// <summary>No security at all.</summary>
    public static ChannelCredentials Insecure { get; } = new InsecureCredentials();

    /// <summary>TLS; trust and client certificate are those of the HTTP handler.</summary>
    public static ChannelCredentials SecureSsl { get; } = new SslCredentials();

    /// <summary>Whether call credentials may be put on top, which takes a channel that nobody else can read.</summary>
    private protected virtual bool IsComposable => false;

    /// <summary><paramref name="channelCredentials"/> with <paramref name="callCredentials"/> on every call.</summary>
    /// <exception cref="ArgumentException">The channel credentials are insecure or composed already.</exception>
    public static ChannelCredentials Create(ChannelCredentials channelCredentials, CallCredentials callCredentials)
    {
        ArgumentNullException.ThrowIfNull(channelCredentials);
        ArgumentNullException.ThrowIfNull(callCredentials);
        if (!channelCredentials.IsComposable)
        {
            throw new ArgumentException(
                "Call credentials can only be put on top of TLS credentials that carry none yet.",
                nameof(channelCredentials));
        }

        return new Composite(channelCredentials, callCredentials);
    }

    /// <summary>Tells a channel implementation what these credentials are. Not for other callers.</summary>
    public abstract void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state);

    private sealed class InsecureCredentials : ChannelCredentials
    {
        public override void InternalPopulateConfiguration(
            ChannelCredentialsConfiguratorBase configurator,
            object? state)
        {
            configurator.SetInsecureCredentials(state);
        }
    }

    private sealed class Composite(ChannelCredentials channel, CallCredentials call) : ChannelCredentials
    {
        public override void InternalPopulateConfiguration(
            ChannelCredentialsConfiguratorBase configurator,
            object? state)
        {
            configurator.SetCompositeCredentials(state, channel, call);
        }
    }
}
