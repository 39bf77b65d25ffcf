using System.Security.Cryptography;
using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Records;

namespace DigitalTwin.Ledger.Tests;

/// <summary>The own fields of the records that tests write.</summary>
internal static class Fields
{
    public static JsonObject Of(params (string Name, JsonNode Value)[] fields) =>
        new(fields.Select(field => KeyValuePair.Create(field.Name, (JsonNode?)field.Value)));

    public static JsonObject InRound(params (string Name, JsonNode Value)[] fields) =>
        Of([("study", SmallConsortium.Study), ("round", 1), ("attempt", 1), .. fields]);

    public static string Digest(string text) =>
        Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(text)));

    public static JsonObject Genesis(SmallConsortium consortium) => Of(
        ("consortium", "demo"),
        ("coordinator", Of(
            ("id", "centre"),
            ("identityKey", Convert.ToHexStringLower(consortium.KeyOf("centre").PublicKey)),
            ("tlsKey", Digest("tls of centre")))),
        ("logs", Of(
            ("authorization", consortium.Authorization.VerifierKey.ToString()),
            ("data", consortium.Data.VerifierKey.ToString()))),
        ("rootCertificate", Digest("root certificate")),
        ("quorumRule", RecordCatalogue.QuorumRule));

    public static JsonObject Admission(SmallConsortium consortium, string member, Role role)
    {
        JsonObject fields = Of(
            ("member", member),
            ("memberRole", RoleNames.TextOf(role)),
            ("identityKey", Convert.ToHexStringLower(consortium.KeyOf(member).PublicKey)),
            ("tlsKey", Digest("tls of " + member)),
            ("certificate", Digest("certificate of " + member)),
            ("certificateExpires", "2027-03-01T08:00:00.000Z"));
        if (role == Role.Hospital)
        {
            fields["witnessKey"] = consortium.WitnessOf(member).ToString();
        }

        return fields;
    }

    public static JsonObject Approval(string document) => Of(
        ("study", SmallConsortium.Study),
        ("document", document),
        ("participants", Names()),
        ("onMissing", "degrade"));

    public static JsonObject Round(string baseModel) => InRound(
        ("purpose", "train"),
        ("baseModel", baseModel),
        ("participants", Names()),
        ("protection", "masks"),
        ("fewest", 3),
        ("words", 3),
        ("slotBits", 64),
        ("scaleBits", 20),
        ("deadline", "2026-03-01T09:00:00.000Z"),
        ("planDigest", Digest("plan")),
        ("noise", Of(("mechanism", "skellam"), ("sigma", "4"), ("clip", "1.5"), ("sensitivity", "2"))));

    private static JsonArray Names() => [.. SmallConsortium.HospitalNames.Select(name => JsonValue.Create(name))];
}
