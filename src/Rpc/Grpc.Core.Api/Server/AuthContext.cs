namespace Grpc.Core;

/// <summary>What the transport knows of a client's identity, as named properties of which each may repeat.</summary>
public class AuthContext
{
    private readonly Dictionary<string, List<AuthProperty>> _properties;

    /// <summary>A context over <paramref name="properties"/>.</summary>
    /// <param name="peerIdentityPropertyName">The name of the properties that identify the client, or null.</param>
    /// <param name="properties">The properties by name.</param>
    public AuthContext(string? peerIdentityPropertyName, Dictionary<string, List<AuthProperty>> properties)
    {
        ArgumentNullException.ThrowIfNull(properties);
        PeerIdentityPropertyName = peerIdentityPropertyName;
        _properties = properties;
    }

    /// <summary>Whether the client has shown who it is.</summary>
    public bool IsPeerAuthenticated => PeerIdentityPropertyName is not null;

    /// <summary>The name of the properties that identify the client, or null.</summary>
    public string? PeerIdentityPropertyName { get; }

    /// <summary>The properties that identify the client; none for an anonymous one.</summary>
    public IEnumerable<AuthProperty> PeerIdentity
    {
        get => PeerIdentityPropertyName is null ? [] : FindPropertiesByName(PeerIdentityPropertyName);
    }

    /// <summary>Every property.</summary>
    public IEnumerable<AuthProperty> Properties => _properties.Values.SelectMany(sameName => sameName);

    /// <summary>The properties called <paramref name="propertyName"/>; none if there is no such name.</summary>
    public IEnumerable<AuthProperty> FindPropertiesByName(string propertyName)
    {
        return _properties.TryGetValue(propertyName, out List<AuthProperty>? found) ? found : [];
    }
}
