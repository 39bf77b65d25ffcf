using System.Text.Json;
using System.Text.Json.Serialization;
using DigitalTwin.HospitalNode.Membership;
using DigitalTwin.Ledger.Commitments;
using DigitalTwin.Ledger.Storage;

namespace DigitalTwin.HospitalNode.Consent;

/// <summary>A text under which patients consent.</summary>
/// <param name="Id">Its name on the ledger.</param>
/// <param name="Text">SHA-256 of the text.</param>
/// <param name="Basis">Code of the legal basis.</param>
/// <param name="Root">Root of the newest batch of consents; null before the first.</param>
/// <param name="CountBucket">Bucket of the number of patients in that batch.</param>
/// <param name="Erased">Whether the salt is gone, and with it the link from any token to a patient.</param>
public sealed record ConsentPolicy(
    string Id, string Text, string Basis, string? Root = null, string? CountBucket = null, bool Erased = false);

/// <summary>A consent that its patient took back.</summary>
/// <param name="Row">What the hospital calls the patient; this is written down nowhere else.</param>
public sealed record WithdrawnConsent(string Policy, string Row, DateTimeOffset EffectiveFrom);

/// <summary>What a hospital knows about consents to the use of its rows; the file stays in its folder.</summary>
/// <param name="Policies">In the order of their newest batch: the last one with a batch is in force.</param>
/// <param name="Withdrawals">In the order in which they were made.</param>
public sealed record ConsentBook(
    IReadOnlyList<ConsentPolicy> Policies, IReadOnlyList<WithdrawnConsent> Withdrawals)
{
    /// <summary>A hospital that asks for no consent.</summary>
    public static ConsentBook Empty { get; } = new([], []);

    /// <summary>The book of a node; empty where there is none yet.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public static ConsentBook Load(MemberFolder folder)
    {
        string path = PathOf(folder);
        if (!File.Exists(path))
        {
            return Empty;
        }

        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), ConsentJson.Default.ConsentBook)!;
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

    /// <summary>The same with this policy as its last.</summary>
    internal ConsentBook With(ConsentPolicy policy) =>
        this with { Policies = [.. Policies.Where(known => known.Id != policy.Id), policy] };

    /// <summary>Writes the book for its owner's eyes only; it is durable on return.</summary>
    internal void Save(MemberFolder folder)
    {
        DurableFile.CreateFolder(folder.Consent);
        DurableFile.WriteAtomically(
            PathOf(folder), JsonSerializer.SerializeToUtf8Bytes(this, ConsentJson.Default.ConsentBook), ownerOnly: true);
    }

    /// <summary>Tokens of the patients in the newest batch of a policy; null where there is none.</summary>
    internal static IReadOnlySet<RowToken>? LoadBatch(MemberFolder folder, string policy) =>
        File.Exists(BatchOf(folder, policy))
            ? File.ReadLines(BatchOf(folder, policy))
                .Select(line => new RowToken(Convert.FromHexString(line)))
                .ToHashSet()
            : null;

    internal static void SaveBatch(MemberFolder folder, string policy, IEnumerable<RowToken> tokens)
    {
        string path = BatchOf(folder, policy);
        DurableFile.CreateFolder(Path.GetDirectoryName(path)!);
        string lines = string.Concat(tokens.Order().Select(token => token.Hex + "\n"));
        DurableFile.WriteAtomically(path, System.Text.Encoding.ASCII.GetBytes(lines), ownerOnly: true);
    }

    private static string BatchOf(MemberFolder folder, string policy) =>
        Path.Combine(folder.Consent, "batches", policy);

    private static string PathOf(MemberFolder folder) => Path.Combine(folder.Consent, "book.json");
}

[JsonSourceGenerationOptions(WriteIndented = true)]
[JsonSerializable(typeof(ConsentBook))]
internal sealed partial class ConsentJson : JsonSerializerContext;
