using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Commitments;
using DigitalTwin.Ledger.Merkle;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.HospitalNode.Consent;

/// <summary>A text under which patients consent.</summary>
/// <param name="Id">Its name on the ledger.</param>
/// <param name="Text">SHA-256 of the text.</param>
/// <param name="Basis">Code of the legal basis.</param>
/// <param name="Erased">Whether the salt is gone, and with it the link from any token to a patient.</param>
public sealed record ConsentPolicy(string Id, string Text, string Basis, bool Erased = false);

/// <summary>The patients who consented under a policy when this was drawn.</summary>
/// <param name="Policy">The policy.</param>
/// <param name="Root">Root of their sorted tokens, in base64, as the ledger names it.</param>
/// <param name="CountBucket">Bucket of their number.</param>
public sealed record ConsentBatch(string Policy, string Root, string CountBucket);

/// <summary>A consent that its patient took back.</summary>
/// <param name="Row">What the hospital calls the patient; this is written down nowhere else.</param>
public sealed record WithdrawnConsent(string Policy, string Row, DateTimeOffset EffectiveFrom);

/// <summary>What a hospital knows about consents to the use of its rows; the file stays in its folder.</summary>
/// <param name="Policies">In the order in which they were declared.</param>
/// <param name="Batches">In the order in which they were drawn: the last one on the ledger is in force.</param>
/// <param name="Withdrawals">In the order in which they were made.</param>
public sealed record ConsentBook(
    IReadOnlyList<ConsentPolicy> Policies,
    IReadOnlyList<ConsentBatch> Batches,
    IReadOnlyList<WithdrawnConsent> Withdrawals)
{
    /// <summary>A hospital that asks for no consent.</summary>
    public static ConsentBook Empty { get; } = new([], [], []);

    /// <summary>The book of a node; empty where there is none yet.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static ConsentBook Load(MemberFolder folder)
    {
        string path = PathOf(folder);
        if (!DurableFile.Exists(path))
        {
            return Empty;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), ConsentJson.Default.ConsentBook)
                ?? throw new JsonException("The file holds null.");
        }
        catch (JsonException problem)
        {
            throw new InvalidDataException($"{path}: the book of consents is damaged; restore a backup.", problem);
        }
    }

    /// <summary>Path of the salt of a policy.</summary>
    public static string SaltOf(MemberFolder folder, string policy) => Path.Combine(folder.Consent, "salts", policy);

    /// <summary>The policy with this name, or null.</summary>
    public ConsentPolicy? Find(string policy) => Policies.FirstOrDefault(known => known.Id == policy);

    /// <summary>The rows whose patients have withdrawn, under any policy, by a time.</summary>
    public IReadOnlySet<string> WithdrawnAt(DateTimeOffset time) => Withdrawals
        .Where(withdrawal => withdrawal.EffectiveFrom <= time)
        .Select(withdrawal => withdrawal.Row)
        .ToHashSet(StringComparer.Ordinal);

    /// <summary>Writes the book for its owner's eyes only; it is durable on return.</summary>
    internal void Save(MemberFolder folder)
    {
        DurableFile.CreateFolder(folder.Consent);
        byte[] book = JsonSerializer.SerializeToUtf8Bytes(this, ConsentJson.Default.ConsentBook);
        DurableFile.WriteAtomically(PathOf(folder), book, ownerOnly: true);
    }

    /// <summary>Tokens of the patients in a batch; null where the file is gone.</summary>
    internal static IReadOnlySet<RowToken>? LoadTokens(MemberFolder folder, string root) =>
        File.Exists(TokensOf(folder, root))
            ? File.ReadLines(TokensOf(folder, root))
                .Select(line => new RowToken(Convert.FromHexString(line)))
                .ToHashSet()
            : null;

    internal static void SaveTokens(MemberFolder folder, string root, IEnumerable<RowToken> tokens)
    {
        string path = TokensOf(folder, root);
        DurableFile.CreateFolder(Path.GetDirectoryName(path)!);
        string lines = string.Concat(tokens.Order().Select(token => token.Hex + "\n"));
        DurableFile.WriteAtomically(path, System.Text.Encoding.ASCII.GetBytes(lines), ownerOnly: true);
    }

    private static string TokensOf(MemberFolder folder, string root) =>
        Path.Combine(folder.Consent, "batches", MerkleHash.Parse(root).Hex);

    private static string PathOf(MemberFolder folder) => Path.Combine(folder.Consent, "book.json");
}

[JsonSourceGenerationOptions(
    WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(ConsentBook))]
internal sealed partial class ConsentJson : JsonSerializerContext;
