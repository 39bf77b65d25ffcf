using System.Security.Cryptography;
using System.Text;
using DigitalTwin.Privacy.SecureAggregation;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

/// <summary>Keys that a script in another language can make too: the private scalar is SHA-256 of a label.</summary>
internal static class LabelledKeys
{
    internal static ECDiffieHellman Pair(string label) =>
        P256.FromScalar(SHA256.HashData(Encoding.UTF8.GetBytes(label)))!;

    internal static byte[] Public(string label)
    {
        using ECDiffieHellman pair = Pair(label);
        return pair.ExportSubjectPublicKeyInfo();
    }

    internal static PublicRoundKeys Of(string name) => new(Public($"{name} mask"), Public($"{name} share"));

    internal static Dictionary<string, PublicRoundKeys> Of(params IEnumerable<string> names) =>
        names.ToDictionary(name => name, Of);
}
