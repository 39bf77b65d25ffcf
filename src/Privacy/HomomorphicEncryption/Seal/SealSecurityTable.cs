using System.Numerics;

namespace DigitalTwin.Privacy.HomomorphicEncryption.Seal;

/// <summary>The largest modulus that each table allows for a ring degree, keys' special prime included.</summary>
internal static class SealSecurityTable
{
    // Degree, then the largest log2 q for a ternary secret and 128 bits of classical security: by the guidelines of
    // 2024 (ePrint 2024/463; HomomorphicEncryption/SparseLWEkit, Security/README.md) and by the standard of 2018
    // (SEAL: util/hestdparms.h).
    private static readonly (int Degree, int Guidelines2024, int Standard2018)[] Rows =
    [
        (1024, 26, 27),
        (2048, 53, 54),
        (4096, 106, 109),
        (8192, 214, 218),
        (16384, 430, 438),
        (32768, 868, 881),
    ];

    /// <summary>Refuses a modulus above the line.</summary>
    internal static void Require(SealSecurity security, int degree, BigInteger modulus)
    {
        (int _, int guidelines2024, int standard2018) = Array.Find(Rows, row => row.Degree == degree);
        int most = security == SealSecurity.SealInterop2018 ? standard2018 : guidelines2024;
        long bits = modulus.GetBitLength();
        if (bits > most)
        {
            throw new SealFormatException(
                $"A modulus of {bits} bits at degree {degree} is above the {most} bits that {security} allows.");
        }
    }
}
