using System.Globalization;
using System.Numerics;
using System.Security.Cryptography;
using System.Text.Json;
using DigitalTwin.Privacy.HomomorphicEncryption;
using DigitalTwin.TestKit;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption;

// Goal: plaintexts go up by q/t and come down rounded, exactly. Method: the formulas on long integers, and the first
// coefficients that SEAL itself scaled.
public sealed class PlaintextScalingTests
{
    private const int Words = PlaintextScaling.PlainWords;

    [Theory]
    [InlineData(1)]
    [InlineData(44)]
    [InlineData(64)]
    [InlineData(128)]
    [InlineData(164)]
    [InlineData(168)]
    [InlineData(173)]
    [InlineData(192)]
    public void Scaling_up_is_the_rounded_quotient_modulo_every_prime(int plainBits)
    {
        Ring ring = Ring.Native;
        PlaintextScaling scaling = new(ring, plainBits);
        BigInteger[] plaintexts = Plaintexts(plainBits);
        ulong[] prepared = [.. plaintexts.SelectMany(WordsOf)];

        scaling.Prepare(prepared);

        for (int j = 0; j < ring.PrimeCount; j++)
        {
            ulong[] residues = [.. Enumerable.Repeat(ring.Tables[j].Prime - 1, plaintexts.Length)];
            scaling.Add(prepared, residues, j);
            BigInteger prime = ring.Tables[j].Prime;
            Assert.Equal(
                plaintexts.Select(m => (ulong)((Scaled(ring, m, plainBits) + prime - 1) % prime)), residues);
        }
    }

    [Theory]
    [InlineData(44)]
    [InlineData(128)]
    [InlineData(168)]
    [InlineData(173)]
    public void Rounding_down_takes_noise_away_and_tells_how_much_there_was(int plainBits)
    {
        Ring ring = Ring.Native;
        PlaintextScaling scaling = new(ring, plainBits);
        BigInteger q = ring.Profile.Product;
        // A millionth of a step away from half of it: the fraction is held to 256 bits, not more.
        BigInteger most = (q >> (plainBits + 1)) - (q >> (plainBits + 21));
        BigInteger[] noises = [0, 1, -1, most / 3, -most / 5, most, -most];
        BigInteger[] plaintexts = Plaintexts(plainBits);
        for (int i = 0; i < plaintexts.Length; i++)
        {
            BigInteger noise = noises[i % noises.Length];
            BigInteger noisy = (Scaled(ring, plaintexts[i], plainBits) + noise + q) % q;
            ulong[] residues = [.. ring.Profile.Primes.Select(prime => (ulong)(noisy % prime))];
            ulong[] plain = new ulong[Words];

            ulong distance = scaling.Round(residues, stride: 1, plain);

            Assert.Equal(WordsOf(plaintexts[i]), plain);
            double expected = (double)(BigInteger.Abs(noise) << (64 + plainBits)) / (double)q;
            double slack = double.Exp2(plainBits - 145) + (double.Exp2(65 + plainBits) / (double)q) + double.Exp2(14);
            Assert.InRange(distance, expected - slack, expected + slack);
        }
    }

    [Fact]
    public void Scaled_coefficients_are_those_of_Seal()
    {
        string? path = SharedFiles.Find("golden/seal-vectors.json");
        if (path is null)
        {
            Assert.Skip("needs golden/seal-vectors.json beside the checkout");
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        int sets = 0;
        foreach (JsonElement set in document.RootElement.GetProperty("bfv").EnumerateArray())
        {
            ulong plainModulus = Word(set.GetProperty("t"));
            if (!ulong.IsPow2(plainModulus))
            {
                continue;
            }

            // The last of several primes is special: plaintexts are scaled by the product of the others.
            ulong[] primes = [.. set.GetProperty("q").EnumerateArray().Select(Word)];
            Ring ring = new(RingProfile.SealInterop2018(
                set.GetProperty("N").GetInt32(), primes.Length == 1 ? primes : primes[..^1]));
            PlaintextScaling scaling = new(ring, (int)ulong.Log2(plainModulus));
            ulong[] prepared = [.. Enumerable.Range(1, 3).SelectMany(i => WordsOf(
                unchecked((ulong)i * 0x9E3779B97F4A7C15) % plainModulus))];
            ulong[] residues = new ulong[3];

            scaling.Prepare(prepared);
            scaling.Add(prepared, residues, 0);

            JsonElement golden = set.EnumerateObject()
                .Single(property => property.Name.StartsWith("scale_plain", StringComparison.Ordinal)).Value;
            Assert.Equal(golden.EnumerateArray().Select(Word), residues);
            sets++;
        }

        Assert.True(sets >= 4, $"The golden file has {sets} sets with t = 2^k only.");
    }

    private static ulong Word(JsonElement element) => element.ValueKind == JsonValueKind.String
        ? ulong.Parse(element.GetString()!, CultureInfo.InvariantCulture)
        : element.GetUInt64();

    private static BigInteger Scaled(Ring ring, BigInteger plaintext, int plainBits) =>
        ((ring.Profile.Product * plaintext) + (BigInteger.One << (plainBits - 1))) >> plainBits;

    private static ulong[] WordsOf(BigInteger value) =>
        [.. Enumerable.Range(0, Words).Select(word => (ulong)((value >> (64 * word)) & ulong.MaxValue))];

    private static BigInteger[] Plaintexts(int plainBits)
    {
        BigInteger most = (BigInteger.One << plainBits) - 1;
        using AesCounterStream stream = new(SHA256.HashData("plaintexts"u8));
        List<BigInteger> plaintexts = [0, 1 & most, most, most >> 1, (most >> 1) + 1];
        for (int i = 0; i < 200; i++)
        {
            byte[] bytes = new byte[24];
            stream.Fill(bytes);
            plaintexts.Add(new BigInteger(bytes, isUnsigned: true) & most);
        }

        return [.. plaintexts];
    }
}
