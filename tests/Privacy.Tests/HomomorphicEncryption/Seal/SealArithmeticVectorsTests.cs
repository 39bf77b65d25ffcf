using System.Globalization;
using System.Text.Json;
using DigitalTwin.Privacy.HomomorphicEncryption;
using DigitalTwin.Privacy.HomomorphicEncryption.Seal;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption.Seal;

// Goal: transforms and encoders are SEAL's, word by word. Method: native SEAL 4.4.3's first words and hashes of whole
// vectors for six BFV sets, and its CKKS coefficients, which come out of floating point, to ±1.
public sealed class SealArithmeticVectorsTests
{
    [Fact]
    public void Transforms_of_all_primes_agree()
    {
        int compared = 0;
        foreach (JsonElement set in SealVectors.BfvSets())
        {
            SealParameters parameters = SealVectors.ParametersOf(set);
            NttTables[] tables = parameters.RingOf(parameters.KeyLevel).Tables;
            JsonElement[] expected = [.. set.GetProperty("primes").EnumerateArray()];
            Assert.Equal(expected.Length, tables.Length);
            foreach ((JsonElement prime, NttTables table) in expected.Zip(tables))
            {
                ulong[] polynomial = [.. Enumerable.Range(0, parameters.Degree)
                    .Select(i => (((ulong)i * (ulong)i) + 1) % table.Prime)];
                table.Forward(polynomial);

                Assert.Equal(SealVectors.Word(prime.GetProperty("q")), table.Prime);
                Assert.Equal(SealVectors.Word(prime.GetProperty("min_root_2N")), table.Root);
                Assert.Equal(SealVectors.Words(prime.GetProperty("ntt(i^2+1)_first4")), polynomial[..4]);
                Assert.Equal(prime.GetProperty("ntt_hash").GetString(), SealVectors.Hash(polynomial));
                compared += 4;
            }
        }

        TestContext.Current.SendDiagnosticMessage($"{compared} values of seal-vectors.json compared.");
    }

    [Fact]
    public void Scaled_messages_agree()
    {
        int compared = 0;
        foreach (JsonElement set in SealVectors.BfvSets())
        {
            SealParameters parameters = SealVectors.ParametersOf(set);
            Ring ring = parameters.RingOf(parameters.DataLevel);
            ulong[] message = [.. Enumerable.Range(0, parameters.Degree)
                .Select(i => unchecked((ulong)i * 0x9E3779B97F4A7C15) % parameters.PlainModulus)];
            ulong[] residues = new ulong[ring.Words];
            BfvScaling scaling = new(ring, parameters.PlainModulus);

            scaling.Add(message, residues);
            ulong[] rounded = new ulong[parameters.Degree];
            scaling.Round(residues, rounded);

            Assert.Equal(
                SealVectors.Words(set.GetProperty(
                    "scale_plain m[i]=(i*0x9E3779B97F4A7C15 mod 2^64) mod t _coeffs1..3_prime0")),
                residues[1..4]);
            Assert.Equal(set.GetProperty("scaled_hash").GetString(), SealVectors.Hash(residues));
            Assert.Equal(message, rounded);
            compared += 2;
        }

        TestContext.Current.SendDiagnosticMessage($"{compared} values of seal-vectors.json compared.");
    }

    [Fact]
    public void Batched_slots_agree_and_come_back()
    {
        int compared = 0;
        foreach (JsonElement set in SealVectors.BfvSets().Where(set => set.TryGetProperty("batch_hash", out _)))
        {
            SealParameters parameters = SealVectors.ParametersOf(set);
            BatchEncoder encoder = new(parameters);
            long[] slots = [.. Enumerable.Range(0, parameters.Degree).Select(i => (long)i)];

            SealPlaintext plaintext = encoder.Encode(slots);

            Assert.Equal(SealVectors.Word(set.GetProperty("plain_root")), encoder.Root);
            Assert.Equal(
                SealVectors.Words(set.GetProperty("batch_encode(0..N-1)_first4")), plaintext.Words[..4].ToArray());
            Assert.Equal(set.GetProperty("batch_hash").GetString(), SealVectors.Hash(plaintext.Words));
            Assert.Equal(slots, encoder.Decode(plaintext));
            compared += 3;
        }

        Assert.Equal(6, compared);
        TestContext.Current.SendDiagnosticMessage($"{compared} values of seal-vectors.json compared.");
    }

    [Fact]
    public void Slots_stand_where_seal_puts_them()
    {
        // SEAL, batchencoder.cpp, populate_matrix_reps_index_map, read out of a native build at N = 4096.
        int[] positions = BatchEncoder.Positions(4096);

        Assert.Equal([0, 2048, 512, 2816, 320, 2528, 872, 2594], positions[..8]);
        Assert.Equal([4095, 2047, 3583, 1279], positions[2048..2052]);
    }

    [Fact]
    public void Negative_slots_come_back()
    {
        SealParameters parameters = SealParameters.Create(SealScheme.Bfv, 1024, [40961], 12289);
        BatchEncoder encoder = new(parameters);
        long[] slots = [.. Enumerable.Range(0, 1024).Select(i => (long)((i * 37 % 12289) - 6144))];

        Assert.Equal(slots, encoder.Decode(encoder.Encode(slots)));
        Assert.Throws<SealFormatException>(() => new BatchEncoder(SampleObjects.OnePrime));
    }

    [Fact]
    public void Ckks_coefficients_agree_to_one_and_the_numbers_come_back()
    {
        JsonElement ckks = SealVectors.Load().GetProperty("ckks");
        SealParameters parameters = SealParameters.Create(
            SealScheme.Ckks, ckks.GetProperty("N").GetInt32(), SealVectors.Words(ckks.GetProperty("q")), 0);
        long[] expected = [.. ckks.GetProperty("encode((i-2048)/512)_coeffs0..5_centered").EnumerateArray()
            .Select(text => long.Parse(text.GetString()!, CultureInfo.InvariantCulture))];
        CkksEncoder encoder = new(parameters);
        double[] numbers = [.. Enumerable.Range(0, encoder.Slots).Select(i => (i - 2048) / 512.0)];
        const double Scale = 1L << 40;

        long[] coefficients = encoder.Coefficients(numbers, Scale);
        double[] decoded = encoder.Decode(encoder.Encode(numbers, Scale));

        foreach ((long wanted, long actual) in expected.Zip(coefficients))
        {
            Assert.InRange(actual, wanted - 1, wanted + 1);
        }

        // Rounding moves each of N coefficients by at most half a unit: a slot by at most N/2^41.
        double tolerance = parameters.Degree / (2 * Scale);
        Assert.All(numbers.Zip(decoded), pair => Assert.Equal(pair.First, pair.Second, tolerance));
        TestContext.Current.SendDiagnosticMessage($"{expected.Length} values of seal-vectors.json compared to ±1.");
    }

    [Fact]
    public void Numbers_too_large_for_the_scale_are_refused()
    {
        CkksEncoder encoder = new(SampleObjects.Approximate);

        Assert.Throws<SealFormatException>(() => encoder.Encode([1e30], 1 << 25));
        Assert.Throws<SealFormatException>(() => encoder.Encode([double.NaN], 1 << 25));
        Assert.Throws<SealFormatException>(() => encoder.Encode(new double[encoder.Slots + 1], 1 << 25));
    }
}
