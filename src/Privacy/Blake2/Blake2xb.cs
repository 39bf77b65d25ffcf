using System.Security.Cryptography;

namespace DigitalTwin.Privacy.Blake2;

/// <summary>The extendable output BLAKE2Xb ("BLAKE2X", Aumasson et al., 2016, section 2).</summary>
internal static class Blake2xb
{
    /// <summary>Fills <paramref name="output"/>, whose length is part of what is hashed.</summary>
    /// <param name="key">At most 64 bytes; empty for the unkeyed function.</param>
    internal static void Hash(ReadOnlySpan<byte> message, Span<byte> output, ReadOnlySpan<byte> key = default)
    {
        Blake2bNode root = Blake2bNode.Sequential with { OutputBytes = (uint)output.Length };
        Span<byte> digest = stackalloc byte[Blake2b.MostDigestBytes];
        Blake2b.Hash(message, digest, key, root);

        Blake2bNode node = new(
            FanOut: 0,
            Depth: 0,
            LeafBytes: Blake2b.MostDigestBytes,
            Offset: 0,
            OutputBytes: (uint)output.Length,
            InnerBytes: Blake2b.MostDigestBytes);
        while (!output.IsEmpty)
        {
            int taken = int.Min(Blake2b.MostDigestBytes, output.Length);
            Blake2b.Hash(digest, output[..taken], key: default, node);
            output = output[taken..];
            node = node with { Offset = node.Offset + 1 };
        }

        CryptographicOperations.ZeroMemory(digest);
    }
}
