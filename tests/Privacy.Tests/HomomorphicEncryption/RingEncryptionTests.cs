using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Privacy.HomomorphicEncryption;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption;

// Goal: the noise is what the formula says, with the secret in hand. Method: dealers whose secrets the test keeps, sums
// of encryptions decrypted by the sum of the secrets, the noise read off on long integers.
public sealed class RingEncryptionTests
{
    [Theory]
    [InlineData(1, 4)]
    [InlineData(3, 3)]
    [InlineData(8, 16)]
    public void The_noise_of_a_sum_has_the_deviation_of_the_formula(int dealers, int addends)
    {
        Ring ring = Ring.Native;
        (ulong[] secret, ulong[] a, ulong[] b) = CollectiveKeyOf(ring, dealers, "noise");
        using RingEncryption encryption = new(ring, Stream("noise of the addends"));
        RingCiphertext sum = new(ring, ring.Degree);
        RingCiphertext addend = new(ring, ring.Degree);
        for (int i = 0; i < addends; i++)
        {
            encryption.EncryptZero(b, a, addend, offset: 1 << (ThresholdParameters.DroppedBits - 1));
            addend.DropLowBits(ThresholdParameters.DroppedBits);
            sum.Add(addend);
        }

        encryption.EncryptZero(b, a, addend);
        sum.Add(addend);

        double[] noise = NoiseOf(ring, sum, secret);
        double measured = double.Sqrt(noise.Average(value => value * value));
        SmudgingNoise formula = new(ring.Degree, dealers, threshold: 2, addends, ThresholdParameters.DroppedBits);

        // 8192 coefficients: the deviation's standard error is 0.8 %, so 5 % is six of them (false alarm below 10^−8).
        Assert.InRange(measured / double.Sqrt(formula.CiphertextVariance), 0.95, 1.05);
        Assert.InRange(
            double.Abs(noise.Average()), 0, 6 * double.Sqrt(formula.CiphertextVariance / ring.Degree));
    }

    [Fact]
    public void The_noise_of_partial_decryptions_has_the_deviation_of_the_formula()
    {
        using Ceremony ceremony = new(parties: 3, threshold: 2, addends: 3);
        EncryptedVector sum = ceremony.SumOf([new ulong[1], new ulong[1], new ulong[1]], slotBits: 24);
        string[] active = ceremony.Parties[1..];
        Ring ring = ceremony.Parameters.Ring;
        ulong[] parts = new ulong[ring.Words];
        foreach (byte[] partial in ceremony.PartialsOf(sum, active).Values)
        {
            ring.Add(partial.AsSpan(PartialHeader.Bytes), parts);
        }

        // Only nine coefficients of c0 travel; c1·s + noise is compared over all with the dealers' secrets.
        ulong[] product = new ulong[ring.Words];
        ulong[] common = CollectiveKey.CommonPolynomial(ring, Ceremony.Digest);
        foreach (string dealer in ceremony.Parties)
        {
            using RingSampler sampler = new(Stream(dealer));
            (ulong[] secret, _) = RingKeys.Generate(ring, common, sampler);
            for (int j = 0; j < ring.PrimeCount; j++)
            {
                ResidueArithmetic.AddProduct(
                    ring.Row(product, j), ring.Row(sum.Ciphertexts[0].C1, j), ring.Row(secret, j), ring.Tables[j]);
            }
        }

        for (int j = 0; j < ring.PrimeCount; j++)
        {
            ResidueArithmetic.Negate(ring.Row(product, j), ring.Tables[j].Modulus);
            ResidueArithmetic.Add(ring.Row(parts, j), ring.Row(product, j), ring.Tables[j].Modulus);
            ring.Tables[j].Inverse(ring.Row(parts, j));
        }

        double[] noise = [.. CentredCoefficients(ring, parts).Select(value => (double)value)];
        double measured = double.Sqrt(noise.Average(value => value * value));
        Assert.InRange(measured / double.Sqrt(2 * ceremony.Parameters.Noise.Variance), 0.95, 1.05);
        Assert.All(noise, value => Assert.InRange(double.Abs(value), 0, ceremony.Parameters.Noise.Bound));
    }

    [Fact]
    public void Five_dealers_encrypt_under_the_primes_of_Seal()
    {
        // The first two of N = 4096, 46 + 44 + 16 special bits (golden set): an encryption at data level, t = 2^44.
        Ring ring = new(RingProfile.SealInterop2018(4096, [70368743669761, 17592186028033]));
        PlaintextScaling scaling = new(ring, plainBits: 44);
        (ulong[] secret, ulong[] a, ulong[] b) = CollectiveKeyOf(ring, 5, "seal");
        using RingEncryption encryption = new(ring, Stream("seal addend"));
        RingCiphertext ciphertext = new(ring, ring.Degree);
        ulong[] plain = new ulong[ring.Degree * PlaintextScaling.PlainWords];
        for (int i = 0; i < ring.Degree; i++)
        {
            plain[i * PlaintextScaling.PlainWords] = unchecked((ulong)i * 0x9E3779B97F4A7C15) % (1ul << 44);
        }

        ulong[] prepared = [.. plain];
        scaling.Prepare(prepared);
        encryption.EncryptZero(b, a, ciphertext);
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            scaling.Add(prepared, ciphertext.C0Row(j), j);
        }

        ulong[] noisy = Decrypt(ring, ciphertext, secret);
        ulong[] opened = new ulong[plain.Length];
        for (int i = 0; i < ring.Degree; i++)
        {
            Span<ulong> coefficient = opened.AsSpan(i * PlaintextScaling.PlainWords, PlaintextScaling.PlainWords);
            scaling.Round(noisy.AsSpan(i), ring.Degree, coefficient);
        }

        Assert.Equal(plain, opened);
    }

    [Fact]
    public void The_common_polynomial_is_Shake256_by_rejection()
    {
        // Python: shake_256(b"DigitalTwin/threshold-encryption/common-polynomial/v1" +
        // bytes(range(32))).digest(8*8193), little-endian words & (2^43 − 1): words 0, 1, 2 (no rejection before) and
        // word 8192, the second prime's first.
        ulong[] a = CollectiveKey.CommonPolynomial(Ring.Native, [.. Enumerable.Range(0, 32).Select(i => (byte)i)]);

        ulong[] expected = [864047771430, 855634468268, 3080760049618, 3151831422302];
        Assert.Equal(expected, (ulong[])[a[0], a[1], a[2], a[8192]]);
        Assert.Throws<ArgumentException>(() => CollectiveKey.CommonPolynomial(Ring.Native, new byte[31]));
    }

    private static AesCounterStream Stream(string name) =>
        new(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)));

    private static (ulong[] Secret, ulong[] A, ulong[] B) CollectiveKeyOf(Ring ring, int dealers, string name)
    {
        ulong[] a = CollectiveKey.CommonPolynomial(ring, SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(name)));
        ulong[] secret = new ulong[ring.Words];
        ulong[] b = new ulong[ring.Words];
        for (int dealer = 0; dealer < dealers; dealer++)
        {
            using RingSampler sampler = new(Stream($"{name} {dealer}"));
            (ulong[] part, ulong[] share) = RingKeys.Generate(ring, a, sampler);
            for (int j = 0; j < ring.PrimeCount; j++)
            {
                ResidueArithmetic.Add(ring.Row(secret, j), ring.Row(part, j), ring.Tables[j].Modulus);
                ResidueArithmetic.Add(ring.Row(b, j), ring.Row(share, j), ring.Tables[j].Modulus);
            }
        }

        return (secret, a, b);
    }

    /// <summary>c0 + c1·s as coefficients.</summary>
    private static ulong[] Decrypt(Ring ring, RingCiphertext ciphertext, ulong[] secret)
    {
        ulong[] result = new ulong[ring.Words];
        for (int j = 0; j < ring.PrimeCount; j++)
        {
            Span<ulong> row = ring.Row(result, j);
            ResidueArithmetic.AddProduct(row, ring.Row(ciphertext.C1, j), ring.Row(secret, j), ring.Tables[j]);
            ring.Tables[j].Inverse(row);
            ResidueArithmetic.Add(row, ciphertext.C0Row(j), ring.Tables[j].Modulus);
        }

        return result;
    }

    private static double[] NoiseOf(Ring ring, RingCiphertext ciphertext, ulong[] secret) =>
        [.. CentredCoefficients(ring, Decrypt(ring, ciphertext, secret)).Select(value => (double)value)];

    private static IEnumerable<BigInteger> CentredCoefficients(Ring ring, ulong[] polynomial)
    {
        BigInteger q = ring.Profile.Product;
        BigInteger[] basis = [.. ring.Tables.Select(table =>
            q / table.Prime * table.Modulus.Inverse((ulong)((q / table.Prime) % table.Prime)))];
        for (int i = 0; i < ring.Degree; i++)
        {
            BigInteger value = BigInteger.Zero;
            for (int j = 0; j < ring.PrimeCount; j++)
            {
                value += basis[j] * polynomial[(j * ring.Degree) + i];
            }

            value %= q;
            yield return value > q / 2 ? value - q : value;
        }
    }
}
