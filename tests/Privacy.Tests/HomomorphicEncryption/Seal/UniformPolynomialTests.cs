using System.Buffers.Binary;
using System.Text.Json;
using DigitalTwin.Privacy.HomomorphicEncryption.Seal;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption.Seal;

// Goal: a seed expands to the polynomial that SEAL expands it to, rejections included. Method: native SEAL's hashes for
// six parameter sets; for rejections, which its primes hardly ever meet, a modulus that rejects a quarter of the words
// and an expansion written once more, word by word, in the test.
public sealed class UniformPolynomialTests
{
    // Not a prime: 3·2^62 + 1, so that words from 3·2^62 on, a quarter of all, are drawn again.
    private const ulong ContrivedModulus = 0xC000000000000001;

    [Fact]
    public void Six_parameter_sets_expand_as_in_native_seal()
    {
        int compared = 0;
        foreach (JsonElement set in SealVectors.BfvSets())
        {
            SealParameters parameters = SealVectors.ParametersOf(set);
            ulong[] residues = new ulong[parameters.Primes.Length * parameters.Degree];

            new SealSeed(SealGenerator.Blake2xb, SealVectors.CountingSeed())
                .Expand(parameters.Degree, parameters.Primes.AsSpan(), residues);

            Assert.Equal(
                SealVectors.Words(set.GetProperty("sample_poly_uniform(seed000102..)_key_level_first4")),
                residues[..4]);
            Assert.Equal(set.GetProperty("hash").GetString(), SealVectors.Hash(residues));
            compared += 2;
        }

        TestContext.Current.SendDiagnosticMessage($"{compared} values of seal-vectors.json compared.");
    }

    [Theory]
    [InlineData(SealGenerator.Blake2xb)]
    [InlineData(SealGenerator.Shake256)]
    public void Rejected_words_are_drawn_again_behind_all_first_draws(SealGenerator generator)
    {
        const int Degree = 1024;
        ulong[] moduli = [ContrivedModulus, 65537, ContrivedModulus];
        ulong[] residues = new ulong[moduli.Length * Degree];
        using SealRandomStream stream = new(generator, SealVectors.CountingSeed());

        UniformPolynomial.Sample(stream, Degree, moduli, residues);

        Queue<ulong> words = Words(generator, 2 * residues.Length);
        ulong[] firstDraws = [.. Enumerable.Range(0, residues.Length).Select(_ => words.Dequeue())];
        int rejected = 0;
        for (int i = 0; i < residues.Length; i++)
        {
            ulong modulus = moduli[i / Degree];
            ulong word = firstDraws[i];
            while (modulus == ContrivedModulus && word >= ContrivedModulus - 1)
            {
                word = words.Dequeue();
                rejected++;
            }

            Assert.Equal(word % modulus, residues[i]);
        }

        Assert.InRange(rejected, 500, 900);
    }

    [Theory]
    [InlineData(ContrivedModulus, ContrivedModulus - 1)]
    [InlineData(65537, ulong.MaxValue - 1)]
    [InlineData(1UL << 60, ulong.MaxValue - (1UL << 60))]
    public void The_limit_is_seals_which_is_one_below_the_largest_multiple(ulong modulus, ulong expected)
    {
        // 2^64 − 1 = 65537 · 281470681808895, so its own largest multiple is 2^64 − 1.
        Assert.Equal(expected, UniformPolynomial.Limit(modulus));
    }

    private static Queue<ulong> Words(SealGenerator generator, int count)
    {
        byte[] bytes = new byte[count * sizeof(ulong)];
        using SealRandomStream stream = new(generator, SealVectors.CountingSeed());
        stream.Fill(bytes);
        return new Queue<ulong>(Enumerable.Range(0, count)
            .Select(i => BinaryPrimitives.ReadUInt64LittleEndian(bytes.AsSpan(i * sizeof(ulong)))));
    }
}
