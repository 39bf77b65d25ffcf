using System.Buffers.Binary;

namespace DigitalTwin.Privacy.Blake2;

/// <summary>The part of BLAKE2b's parameter block that says which node of a tree or of an output is hashed.</summary>
/// <remarks>
/// "BLAKE2: simpler, smaller, fast as MD5" (Aumasson et al., 2013), section 2.8, as "BLAKE2X" (Aumasson et al., 2016),
/// section 2.2, divides it: the offset has 32 bits and the 32 bits behind it hold the length of the whole output.
/// Salt and personalisation are zero.
/// </remarks>
/// <param name="FanOut">Children of a node; 1 for sequential hashing, 0 for a node of an extendable output.</param>
/// <param name="Depth">Levels of the tree; 1 for sequential hashing, 0 for a node of an extendable output.</param>
/// <param name="LeafBytes">Bytes of a leaf, 0 where unlimited.</param>
/// <param name="Offset">Position of the node.</param>
/// <param name="OutputBytes">Bytes of the extendable output that the node belongs to, 0 where there is none.</param>
/// <param name="InnerBytes">Bytes of an inner node's digest, 0 for sequential hashing.</param>
internal readonly record struct Blake2bNode(
    byte FanOut,
    byte Depth,
    uint LeafBytes,
    uint Offset,
    uint OutputBytes,
    byte InnerBytes)
{
    /// <summary>Plain hashing (RFC 7693, section 2.5).</summary>
    internal static Blake2bNode Sequential => new(FanOut: 1, Depth: 1, 0, 0, 0, 0);

    /// <summary>Writes the block's nonzero fields over zeros.</summary>
    internal void Write(Span<byte> parameters, int digestBytes, int keyBytes)
    {
        parameters[0] = (byte)digestBytes;
        parameters[1] = (byte)keyBytes;
        parameters[2] = FanOut;
        parameters[3] = Depth;
        BinaryPrimitives.WriteUInt32LittleEndian(parameters[4..], LeafBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(parameters[8..], Offset);
        BinaryPrimitives.WriteUInt32LittleEndian(parameters[12..], OutputBytes);
        parameters[17] = InnerBytes;
    }
}
