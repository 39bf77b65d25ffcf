using DigitalTwin.Ledger.Merkle;

namespace DigitalTwin.Ledger.Tiles;

/// <summary>The bytes of a tile of hashes: 1 to 256 hashes of 32 bytes, one behind the other.</summary>
/// <remarks>C2SP tlog-tiles v0.1.0, section "Merkle Tree".</remarks>
public static class HashTile
{
    /// <summary>Bytes of a full tile.</summary>
    public const int FullBytes = TilePath.FullWidth * MerkleHash.Size;

    /// <summary>The bytes of <paramref name="hashes"/>.</summary>
    public static byte[] Format(IReadOnlyList<MerkleHash> hashes)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        byte[] bytes = new byte[hashes.Count * MerkleHash.Size];
        for (int i = 0; i < hashes.Count; i++)
        {
            hashes[i].CopyTo(bytes.AsSpan(i * MerkleHash.Size));
        }

        return bytes;
    }

    /// <summary>Reads a tile of <paramref name="width"/> hashes.</summary>
    /// <exception cref="TileFormatException">There are fewer or more bytes.</exception>
    public static MerkleHash[] Parse(ReadOnlySpan<byte> bytes, int width)
    {
        if (bytes.Length != width * MerkleHash.Size)
        {
            throw new TileFormatException(
                $"A tile of {width} hashes has {width * MerkleHash.Size} bytes, not {bytes.Length}.");
        }

        MerkleHash[] hashes = new MerkleHash[width];
        for (int i = 0; i < width; i++)
        {
            hashes[i] = new MerkleHash(bytes.Slice(i * MerkleHash.Size, MerkleHash.Size));
        }

        return hashes;
    }

    /// <summary>The root of a complete subtree from the hashes of its complete parts, a power of two of them.</summary>
    internal static MerkleHash Fold(ReadOnlySpan<MerkleHash> hashes)
    {
        MerkleHash[] level = hashes.ToArray();
        for (int count = level.Length; count > 1; count /= 2)
        {
            for (int i = 0; i < count / 2; i++)
            {
                level[i] = Rfc6962.Node(level[2 * i], level[(2 * i) + 1]);
            }
        }

        return level[0];
    }
}
