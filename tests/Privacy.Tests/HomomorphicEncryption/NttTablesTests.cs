using System.Globalization;
using System.Text.Json;
using DigitalTwin.Privacy.HomomorphicEncryption;
using DigitalTwin.TestKit;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption;

// Goal: one transform, SEAL's, on every processor. Method: definition of the transform evaluated naively, first values
// and roots that SEAL itself computed, and every path of this processor against the scalar reference.
public sealed class NttTablesTests
{
    private const ulong SixtyBits = 1152921504606830593;

    /// <summary>
    /// Degree, prime and smallest root of SEAL 4.4.3's default sets (util/globals.cpp, util/ntt.cpp).
    /// </summary>
    public static TheoryData<int, ulong, ulong> DefaultRoots => new()
    {
        { 1024, 0x7e00001, 73993 },
        { 2048, 0x3fffffff000001, 729480106838 },
        { 4096, 0xffffee001, 24250113 },
        { 4096, 0xffffc4001, 29008497 },
        { 4096, 0x1ffffe0001, 8625844 },
        { 8192, 0x7fffffd8001, 1734247217 },
        { 8192, 0x7fffffc8001, 304486499 },
        { 8192, 0xfffffffc001, 331339694 },
        { 8192, 0xffffff6c001, 9366611238 },
        { 8192, 0xfffffebc001, 632352760 },
        { 4096, SixtyBits, 116777451583545 },
    };

    [Theory]
    [MemberData(nameof(DefaultRoots))]
    public void The_smallest_root_is_that_of_Seal(int degree, ulong prime, ulong root) =>
        Assert.Equal(root, new NttTables(degree, prime).Root);

    [Fact]
    public void The_smallest_case_of_Seal_is_met()
    {
        // SEAL, tests/seal/util/ntt.cpp: q = 0xffffffffffc0001, N = 2, the transform of 1 + X.
        ulong[] polynomial = [1, 1];

        new NttTables(2, 0xffffffffffc0001).Forward(polynomial);

        Assert.Equal([288794978602139553, 864126526004445282], polynomial);
    }

    [Fact]
    public void First_values_of_every_golden_prime_are_those_of_Seal()
    {
        string? path = SharedFiles.Find("golden/seal-vectors.json");
        if (path is null)
        {
            Assert.Skip("needs golden/seal-vectors.json beside the checkout");
        }

        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        int primes = 0;
        foreach (JsonElement set in document.RootElement.GetProperty("bfv").EnumerateArray())
        {
            int degree = set.GetProperty("N").GetInt32();
            foreach (JsonElement golden in set.GetProperty("primes").EnumerateArray())
            {
                NttTables tables = new(degree, Word(golden.GetProperty("q")));
                ulong[] values =
                    [.. Enumerable.Range(0, degree).Select(i => (((ulong)i * (ulong)i) + 1) % tables.Prime)];

                tables.Forward(values);

                Assert.Equal(Word(golden.GetProperty("min_root_2N")), tables.Root);
                Assert.Equal(
                    golden.GetProperty("ntt(i^2+1)_first4").EnumerateArray().Select(Word), values.Take(4));
                primes++;
            }
        }

        Assert.True(primes >= 10, $"The golden file names {primes} primes only.");
    }

    [Theory]
    [InlineData(4, 0xffffffffffc0001ul)]
    [InlineData(64, SixtyBits)]
    [InlineData(256, 0x7fffffd8001ul)]
    public void The_transform_is_the_evaluation_at_the_odd_powers_of_the_root(int degree, ulong prime)
    {
        NttTables tables = new(degree, prime);
        ulong[] polynomial = Residues(degree, prime, seed: 1);
        int bits = int.Log2(degree);
        ulong[] expected = new ulong[degree];
        for (int k = 0; k < degree; k++)
        {
            int reversed = Enumerable.Range(0, bits).Sum(bit => ((k >> bit) & 1) << (bits - 1 - bit));
            ulong point = tables.Modulus.Power(tables.Root, (2 * (ulong)reversed) + 1);
            expected[k] = polynomial.Reverse().Aggregate(
                0ul, (value, c) => (ulong)((((UInt128)value * point) + c) % prime));
        }

        tables.Forward(polynomial);

        Assert.Equal(expected, polynomial);
    }

    [Theory]
    [InlineData(32, 65537ul)]
    [InlineData(64, SixtyBits)]
    [InlineData(1024, 0x7e00001ul)]
    [InlineData(2048, 0x3fffffff000001ul)]
    [InlineData(4096, SixtyBits)]
    [InlineData(8192, 0x7fffffd8001ul)]
    [InlineData(8192, 0xfffffffc001ul)]
    [InlineData(32768, 70368743587841ul)]
    public void Every_path_of_this_processor_gives_the_same_residues(int degree, ulong prime)
    {
        NttTables tables = new(degree, prime);
        ulong[][] inputs =
        [
            Residues(degree, prime, seed: 2),
            [.. Enumerable.Repeat(prime - 1, degree)],
            new ulong[degree],
            [.. Enumerable.Range(0, degree).Select(i => i % 2 == 0 ? prime - 1 : 0)],
        ];
        foreach (ulong[] input in inputs)
        {
            ulong[] reference = [.. input];
            tables.Forward(reference, NttPath.Scalar);
            foreach (NttPath path in Enum.GetValues<NttPath>().Where(tables.Supports))
            {
                ulong[] values = [.. input];
                tables.Forward(values, path);
                Assert.True(values.AsSpan().SequenceEqual(reference), $"{path} forward differs.");

                tables.Inverse(values, path);
                Assert.True(values.AsSpan().SequenceEqual(input), $"{path} inverse does not return.");
            }
        }
    }

    [Fact]
    public void A_product_of_transforms_is_the_negacyclic_product()
    {
        NttTables tables = new(32, 65537);
        ulong[] left = Residues(32, 65537, seed: 3);
        ulong[] right = Residues(32, 65537, seed: 4);
        long[] expected = new long[32];
        for (int i = 0; i < 32; i++)
        {
            for (int j = 0; j < 32; j++)
            {
                long term = (long)(left[i] * right[j] % 65537);
                int power = (i + j) % 32;
                expected[power] = (expected[power] + (i + j < 32 ? term : 65537 - term)) % 65537;
            }
        }

        tables.Forward(left);
        tables.Forward(right);
        ulong[] product = [.. left.Zip(right, tables.Modulus.Multiply)];
        tables.Inverse(product);

        Assert.Equal(expected.Select(value => (ulong)value), product);
    }

    [Theory]
    [InlineData(3, 65537ul)]
    [InlineData(64, 65539ul)]
    [InlineData(64, 65281ul)]
    [InlineData(64, 1152921504606847361ul)]
    public void A_degree_or_prime_that_has_no_such_transform_is_refused(int degree, ulong prime) =>
        Assert.Throws<ArgumentException>(() => new NttTables(degree, prime));

    private static ulong Word(JsonElement element) => element.ValueKind == JsonValueKind.String
        ? ulong.Parse(element.GetString()!, CultureInfo.InvariantCulture)
        : element.GetUInt64();

    private static ulong[] Residues(int count, ulong prime, ulong seed)
    {
        // A linear congruential sequence (Knuth's MMIX constants): any fixed residues will do.
        ulong[] residues = new ulong[count];
        ulong state = seed;
        for (int i = 0; i < count; i++)
        {
            state = unchecked((state * 6364136223846793005) + 1442695040888963407);
            residues[i] = (state >> 1) % prime;
        }

        return residues;
    }
}
