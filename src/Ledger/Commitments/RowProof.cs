using System.Text.Json.Nodes;
using DigitalTwin.Ledger.Encoding;
using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Commitments;

/// <summary>A leaf of a row tree with its audit path.</summary>
/// <param name="Index">Its place among the sorted leaves, from 0.</param>
/// <param name="Leaf">Token and commitment.</param>
/// <param name="Path">Siblings on the way to the root, leaf first.</param>
public sealed record ProvenRow(long Index, RowLeaf Leaf, IReadOnlyList<MerkleHash> Path);

/// <summary>Shows to one who has root and size of a row tree that a token is in it, or that it is not.</summary>
/// <remarks>
/// It holds for trees that are sorted: that a hospital sorted its leaves, only one who sees them all can check. Of the
/// others it shows the two beside the token, which may be padding and are tokens in any case.
/// </remarks>
public sealed class RowProof
{
    /// <summary>A path to a leaf of any tree that fits into 64-bit indexes.</summary>
    private const int LongestPath = 63;

    internal RowProof(RowToken token, IReadOnlyList<ProvenRow> rows)
    {
        Token = token;
        Rows = rows;
    }

    /// <summary>The token in question.</summary>
    public RowToken Token { get; }

    /// <summary>The row itself, or its one or two neighbours; none of an empty tree.</summary>
    public IReadOnlyList<ProvenRow> Rows { get; }

    /// <summary>Reads a proof; whether it proves anything is not yet said.</summary>
    /// <exception cref="FormatException">The bytes are not the canonical JSON of a proof.</exception>
    public static RowProof Parse(ReadOnlySpan<byte> utf8) => Of(PredicateReader.OfRoot(CanonicalJson.Parse(utf8)));

    /// <summary>The canonical bytes of the proof.</summary>
    public byte[] Serialize() => CanonicalJson.Serialize(ToJson());

    /// <summary>Whether the token is a leaf of the tree with this root and size.</summary>
    public bool ProvesInclusion(MerkleHash root, long size) =>
        Rows is [ProvenRow row] && row.Leaf.Token == Token && Holds(row, root, size);

    /// <summary>Whether the token is no leaf of the sorted tree with this root and size.</summary>
    public bool ProvesExclusion(MerkleHash root, long size) => Rows switch
    {
        [] => size == 0 && root == Rfc6962.Empty,
        [ProvenRow edge] => Holds(edge, root, size)
            && ((edge.Index == 0 && Token < edge.Leaf.Token) || (edge.Index == size - 1 && edge.Leaf.Token < Token)),
        [ProvenRow left, ProvenRow right] => Holds(left, root, size) && Holds(right, root, size)
            && right.Index - left.Index == 1 && left.Leaf.Token < Token && Token < right.Leaf.Token,
        _ => false,
    };

    internal static RowProof Of(PredicateReader reader)
    {
        reader.Only(["rows", "token"]);
        ProvenRow[] rows = [.. reader.Objects("rows").Select(ReadRow)];
        return rows.Length <= 2
            ? new RowProof(TokenOf(reader), rows)
            : throw reader.Refuse("rows", "must show at most two rows.");
    }

    internal JsonObject ToJson() => new()
    {
        ["rows"] = new JsonArray([.. Rows.Select(ToJson)]),
        ["token"] = Token.Hex,
    };

    private static JsonObject ToJson(ProvenRow row) => new()
    {
        ["commitment"] = row.Leaf.Commitment.ToString(),
        ["index"] = row.Index,
        ["path"] = new JsonArray([.. row.Path.Select(hash => JsonValue.Create(hash.ToString()))]),
        ["token"] = row.Leaf.Token.Hex,
    };

    private static ProvenRow ReadRow(PredicateReader reader)
    {
        reader.Only(["commitment", "index", "path", "token"]);
        MerkleHash[] path = [.. reader.Texts("path").Select(MerkleHash.Parse)];
        return path.Length <= LongestPath
            ? new ProvenRow(
                reader.Integer("index"),
                new RowLeaf(TokenOf(reader), MerkleHash.Parse(reader.Text("commitment"))),
                path)
            : throw reader.Refuse("path", $"must have at most {LongestPath} hashes.");
    }

    private static RowToken TokenOf(PredicateReader reader) =>
        new(Convert.FromHexString(reader.Sha256("token")));

    private static bool Holds(ProvenRow row, MerkleHash root, long size) =>
        MerkleProof.VerifyInclusion(row.Leaf.Hash(), row.Index, size, row.Path, root);
}
