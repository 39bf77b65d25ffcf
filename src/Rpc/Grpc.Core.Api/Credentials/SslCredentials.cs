namespace Grpc.Core;

/// <summary>TLS for a channel.</summary>
/// <remarks>
/// Grpc.Net.Client only takes the form without arguments: its roots and client certificates belong to the HTTP handler.
/// </remarks>
public sealed class SslCredentials(
    string? rootCertificates,
    KeyCertificatePair? keyCertificatePair,
    VerifyPeerCallback? verifyPeerCallback) : ChannelCredentials
{
    /// <summary>The platform's trust, no client certificate.</summary>
    public SslCredentials()
        : this(rootCertificates: null)
    {
    }

    /// <summary>Trust in <paramref name="rootCertificates"/>, in PEM; no client certificate.</summary>
    public SslCredentials(string? rootCertificates)
        : this(rootCertificates, keyCertificatePair: null)
    {
    }

    /// <summary>Trust in <paramref name="rootCertificates"/>, in PEM, and a client certificate.</summary>
    public SslCredentials(string? rootCertificates, KeyCertificatePair? keyCertificatePair)
        : this(rootCertificates, keyCertificatePair, verifyPeerCallback: null)
    {
    }

    /// <summary>Roots to trust, in PEM; null for the platform's.</summary>
    public string? RootCertificates { get; } = rootCertificates;

    /// <summary>The client's certificate and key; null for none.</summary>
    public KeyCertificatePair? KeyCertificatePair { get; } = keyCertificatePair;

    private protected override bool IsComposable => true;

    /// <inheritdoc />
    public override void InternalPopulateConfiguration(ChannelCredentialsConfiguratorBase configurator, object? state)
    {
        ArgumentNullException.ThrowIfNull(configurator);
        configurator.SetSslCredentials(state, RootCertificates, KeyCertificatePair, verifyPeerCallback);
    }
}
