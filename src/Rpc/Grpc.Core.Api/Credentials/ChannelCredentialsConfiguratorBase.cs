namespace Grpc.Core;

/// <summary>How a channel implementation learns what some channel credentials are. Not for application code.</summary>
public abstract class ChannelCredentialsConfiguratorBase
{
    /// <summary>They are none.</summary>
    public abstract void SetInsecureCredentials(object? state);

    /// <summary>They are TLS.</summary>
    /// <param name="state">What the implementation passed in.</param>
    /// <param name="rootCertificates">Roots to trust, in PEM; null for the platform's.</param>
    /// <param name="keyCertificatePair">The client's certificate and key; null for none.</param>
    /// <param name="verifyPeerCallback">A further check of the server; null for none.</param>
    public abstract void SetSslCredentials(
        object? state,
        string? rootCertificates,
        KeyCertificatePair? keyCertificatePair,
        VerifyPeerCallback? verifyPeerCallback);

    /// <summary>They are channel credentials with call credentials on top.</summary>
    public abstract void SetCompositeCredentials(
        object? state,
        ChannelCredentials channelCredentials,
        CallCredentials callCredentials);
}
