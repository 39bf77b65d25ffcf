using System.Buffers;
using System.Security.Cryptography;

namespace DigitalTwin.Ledger.Merkle;

/// <summary>The hashes of RFC 6962, section 2.1: a leaf and a node never share an input.</summary>
public static class Rfc6962
{
    private const byte LeafPrefix = 0;
    private const byte NodePrefix = 1;

    // Records have about a kilobyte; longer ones are copied on the heap.
    private const int StackLeaf = 2048;

    /// <summary>The root of a tree without leaves: SHA-256 of nothing.</summary>
    public static MerkleHash Empty { get; } = new(SHA256.HashData([]));

    /// <summary>SHA-256(0x00 ‖ leaf).</summary>
    public static MerkleHash Leaf(ReadOnlySpan<byte> leaf)
    {
        // One call over a copy: an incremental hash would allocate a context of OpenSSL for each leaf.
        byte[]? rented = leaf.Length < StackLeaf ? null : ArrayPool<byte>.Shared.Rent(1 + leaf.Length);
        Span<byte> input = rented is null ? stackalloc byte[StackLeaf] : rented;
        input = input[..(1 + leaf.Length)];
        input[0] = LeafPrefix;
        leaf.CopyTo(input[1..]);
        Span<byte> hash = stackalloc byte[MerkleHash.Size];
        SHA256.HashData(input, hash);
        if (rented is not null)
        {
            ArrayPool<byte>.Shared.Return(rented);
        }

        return new MerkleHash(hash);
    }

    /// <summary>SHA-256(0x01 ‖ left ‖ right).</summary>
    public static MerkleHash Node(MerkleHash left, MerkleHash right)
    {
        Span<byte> input = stackalloc byte[1 + (2 * MerkleHash.Size)];
        input[0] = NodePrefix;
        left.CopyTo(input[1..]);
        right.CopyTo(input[(1 + MerkleHash.Size)..]);
        Span<byte> hash = stackalloc byte[MerkleHash.Size];
        SHA256.HashData(input, hash);
        return new MerkleHash(hash);
    }
}
