using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Commitments;

/// <summary>
/// The blob that a snapshot names: for each withdrawn consent the proof that its row is not in the snapshot.
/// </summary>
/// <param name="Policy">The consent policy whose salt made the tokens.</param>
/// <param name="Rows">Root of the snapshot's rows, as its record names it.</param>
/// <param name="Size">
/// Leaves under that root. A wrong size proves nothing new: it changes which paths are accepted, and two paths that
/// are neighbours under any size lead to neighbours in the one tree that has the root.
/// </param>
/// <param name="Proofs">One per withdrawn token, in the order of tokens.</param>
public sealed record ExclusionProofs(string Policy, MerkleHash Rows, long Size, IReadOnlyList<RowProof> Proofs)
{
    /// <summary>Largest blob in bytes: room for 3000 withdrawals from a million rows, at most 2.5 kB each.</summary>
    public const int MostBytes = 1 << 23;

    /// <summary>Proves for each token that it is not in the tree.</summary>
    /// <exception cref="ArgumentException">One of them is.</exception>
    public static ExclusionProofs Of(string policy, RowTree tree, IEnumerable<RowToken> withdrawn)
    {
        ArgumentNullException.ThrowIfNull(tree);
        ArgumentNullException.ThrowIfNull(withdrawn);
        RowToken[] tokens = [.. withdrawn.Order()];
        return Array.Exists(tokens, tree.Has)
            ? throw new ArgumentException("A withdrawn row is among the rows.", nameof(withdrawn))
            : new ExclusionProofs(policy, tree.Root, tree.Size, [.. tokens.Select(tree.Prove)]);
    }

    /// <summary>Reads the blob; whether its proofs hold is not yet said.</summary>
    /// <exception cref="FormatException">The bytes are not the canonical JSON of such a blob.</exception>
    public static ExclusionProofs Parse(ReadOnlySpan<byte> utf8)
    {
        PredicateReader reader = PredicateReader.OfRoot(CanonicalJson.Parse(utf8));
        reader.Only(["policy", "proofs", "rows", "size"]);
        return new ExclusionProofs(
            reader.Identifier("policy"),
            MerkleHash.Parse(reader.Text("rows")),
            reader.Integer("size"),
            [.. reader.Objects("proofs").Select(RowProof.Of)]);
    }

    /// <summary>The canonical bytes of the blob.</summary>
    public byte[] Serialize() => CanonicalJson.Serialize(new JsonObject
    {
        ["policy"] = Policy,
        ["proofs"] = new JsonArray([.. Proofs.Select(proof => proof.ToJson())]),
        ["rows"] = Rows.ToString(),
        ["size"] = Size,
    });

    /// <summary>The tokens that are shown not to be in the snapshot: those whose proof holds.</summary>
    public IReadOnlySet<RowToken> Excluded() =>
        Proofs.Where(proof => proof.ProvesExclusion(Rows, Size)).Select(proof => proof.Token).ToHashSet();
}
