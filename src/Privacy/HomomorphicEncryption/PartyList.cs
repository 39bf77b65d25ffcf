using System.Security.Cryptography;
using System.Text;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>The dealers of a key in their agreed order; party number i holds the shares at point i + 1.</summary>
internal sealed class PartyList
{
    private readonly IReadOnlyList<string> _names;

    /// <exception cref="CiphertextException">The number differs from the agreed one, or a name repeats.</exception>
    internal PartyList(ThresholdParameters parameters, IReadOnlyList<string> names)
    {
        if (names.Count != parameters.Parties)
        {
            throw new CiphertextException($"Parties: expected {parameters.Parties}, got {names.Count}.");
        }

        if (names.Distinct(StringComparer.Ordinal).Count() != names.Count)
        {
            throw new CiphertextException("Parties: expected distinct names, got one twice.");
        }

        _names = names;
    }

    /// <summary>The evaluation point of a party, from 1 on.</summary>
    /// <exception cref="CiphertextException">The party is a stranger.</exception>
    internal int PointOf(string party)
    {
        for (int i = 0; i < _names.Count; i++)
        {
            if (string.Equals(_names[i], party, StringComparison.Ordinal))
            {
                return i + 1;
            }
        }

        throw new CiphertextException($"Parties: expected one of the key's dealers, got {party}.");
    }

    /// <summary>The points of the decryptors.</summary>
    /// <exception cref="CiphertextException">
    /// They are not exactly as many as the threshold, one repeats or is a stranger.
    /// </exception>
    internal int[] ActivePoints(ThresholdParameters parameters, IReadOnlyList<string> active)
    {
        if (active.Count != parameters.Threshold)
        {
            throw new CiphertextException($"Active set: expected {parameters.Threshold} parties, got {active.Count}.");
        }

        int[] points = [.. active.Select(PointOf)];
        if (points.Distinct().Count() != points.Length)
        {
            throw new CiphertextException("Active set: expected distinct parties, got one twice.");
        }

        return points;
    }

    /// <summary>λ_j = Π m/(m − j) over the other active points m: Lagrange's coefficient at zero.</summary>
    internal static ulong Lagrange(int point, int[] activePoints, Modulus modulus)
    {
        ulong numerator = 1;
        ulong denominator = 1;
        foreach (int other in activePoints.Where(other => other != point))
        {
            numerator = modulus.Multiply(numerator, (ulong)other);
            denominator = modulus.Multiply(denominator, modulus.FromSigned(other - point));
        }

        return modulus.Multiply(numerator, modulus.Inverse(denominator));
    }

    /// <summary>A digest of an active set, whatever its order.</summary>
    internal static byte[] DigestOf(int[] activePoints) => SHA256.HashData(Encoding.UTF8.GetBytes(
        "DigitalTwin/active-set/v1|" + string.Join(',', activePoints.Order())));
}
