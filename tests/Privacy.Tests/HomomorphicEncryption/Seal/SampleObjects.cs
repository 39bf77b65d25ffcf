using DigitalTwin.Privacy.HomomorphicEncryption.Seal;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption.Seal;

/// <summary>Valid objects of small parameters with arbitrary residues, for tests that break them.</summary>
internal static class SampleObjects
{
    // Primes of 46, 44 and 16 bits at degree 4096: the last is special, so that keys and data differ in level.
    public static readonly SealParameters ThreePrimes = SealParameters.Create(
        SealScheme.Bfv, 4096, [70368743669761, 17592186028033, 40961], 1UL << 44);

    public static readonly SealParameters OnePrime = SealParameters.Create(SealScheme.Bfv, 1024, [40961], 257);

    public static readonly SealParameters Approximate = SealParameters.Create(
        SealScheme.Ckks, 4096, [70368743669761, 17592186028033, 40961], 0);

    public static SealSeed Seed { get; } = new(SealGenerator.Shake256, SealVectors.CountingSeed());

    public static SealCiphertext Ciphertext(SealParameters parameters, bool seeded = false)
        => SealCiphertext.Create(
            parameters,
            parameters.DataLevel,
            Scale(parameters),
            Residues(parameters, parameters.DataLevel, seeded),
            seeded ? Seed : null);

    public static SealPublicKey PublicKey(SealParameters parameters, bool seeded = false)
        => SealPublicKey.Create(
            parameters, Residues(parameters, parameters.KeyLevel, seeded), seeded ? Seed : null);

    public static SealPlaintext Plaintext(SealParameters parameters)
    {
        if (parameters.Scheme == SealScheme.Bfv)
        {
            return SealPlaintext.Of(parameters, [1, 2, 3, 256]);
        }

        int words = SealPolynomialPair.Words(parameters, parameters.DataLevel);
        ulong[] residues = Residues(parameters, parameters.DataLevel, seeded: false)[..words];
        return SealPlaintext.Create(parameters, parameters.DataLevel, Scale(parameters), residues);
    }

    public static SealSecretKey SecretKey(SealParameters parameters)
    {
        ulong[] residues = GC.AllocateArray<ulong>(
            SealPolynomialPair.Words(parameters, parameters.KeyLevel), pinned: true);
        return SealSecretKey.Adopt(parameters, residues);
    }

    private static double Scale(SealParameters parameters) => parameters.Scheme == SealScheme.Ckks ? 1 << 25 : 1;

    private static ulong[] Residues(SealParameters parameters, SealLevel level, bool seeded)
    {
        int half = SealPolynomialPair.Words(parameters, level);
        ReadOnlySpan<ulong> primes = parameters.Primes.AsSpan(0, level.Primes);
        ulong[] residues = new ulong[2 * half];
        new SealSeed(SealGenerator.Blake2xb, SealVectors.CountingSeed())
            .Expand(parameters.Degree, primes, residues.AsSpan(0, half));
        residues.AsSpan(0, half).CopyTo(residues.AsSpan(half));
        if (seeded)
        {
            Seed.Expand(parameters.Degree, primes, residues.AsSpan(half));
        }

        return residues;
    }
}
