namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>The ways to compute one transform; all give the same residues.</summary>
internal enum NttPath
{
    /// <summary>One word at a time: the reference, on every processor.</summary>
    Scalar,

    /// <summary>Four 64-bit words with products put together from 32-bit halves.</summary>
    Avx2,

    /// <summary>Eight 64-bit words.</summary>
    Avx512,

    /// <summary>Four double-precision numbers with fused multiply–add, for primes of at most 46 bits.</summary>
    FusedAvx2,

    /// <summary>Eight double-precision numbers with fused multiply–add, for primes of at most 46 bits.</summary>
    FusedAvx512,
}
