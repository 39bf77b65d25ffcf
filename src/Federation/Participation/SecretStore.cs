using System.Security.Cryptography;

namespace DigitalTwin.Federation.Participation;

/// <summary>Where a hospital keeps the secrets that an open round still needs after a restart.</summary>
/// <param name="Get">The secret with this name, or null; the caller wipes it.</param>
/// <param name="Put">Keeps a secret; durable on return.</param>
/// <param name="Delete">Wipes and forgets a secret; nothing happens when there is none.</param>
public sealed record SecretStore(Func<string, byte[]?> Get, Action<string, byte[]> Put, Action<string> Delete)
{
    /// <summary>A store that is gone with the process; for simulations.</summary>
    public static SecretStore InMemory()
    {
        Dictionary<string, byte[]> secrets = new(StringComparer.Ordinal);
        return new SecretStore(
            name => secrets.TryGetValue(name, out byte[]? secret) ? [.. secret] : null,
            (name, secret) => secrets[name] = [.. secret],
            name =>
            {
                if (secrets.Remove(name, out byte[]? secret))
                {
                    CryptographicOperations.ZeroMemory(secret);
                }
            });
    }
}
