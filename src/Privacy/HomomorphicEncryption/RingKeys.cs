namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Secret and public halves of an RLWE key.</summary>
internal static class RingKeys
{
    /// <summary>
    /// A ternary secret and b = −(a·s + e), both as k·N values; the secret in pinned memory, to be wiped.
    /// </summary>
    internal static (ulong[] Secret, ulong[] PublicShare) Generate(Ring ring, ulong[] a, RingSampler sampler)
    {
        int[] small = GC.AllocateArray<int>(ring.Degree, pinned: true);
        ulong[] secret = ring.AllocateSecret();
        ulong[] share = new ulong[ring.Words];
        sampler.Ternary(small);
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            ResidueArithmetic.Spread(small, ring.Row(secret, j), ring.Tables[j].Modulus);
            ring.Tables[j].Forward(ring.Row(secret, j));
        }

        sampler.Error(small);
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            NttTables tables = ring.Tables[j];
            Span<ulong> row = ring.Row(share, j);
            ResidueArithmetic.Spread(small, row, tables.Modulus);
            tables.Forward(row);
            ResidueArithmetic.AddProduct(row, ring.Row(a, j), ring.Row(secret, j), tables);
            ResidueArithmetic.Negate(row, tables.Modulus);
        }

        Ring.Wipe(small);
        return (secret, share);
    }
}
