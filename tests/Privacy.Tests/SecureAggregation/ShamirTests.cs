using System.Buffers.Binary;
using System.Security.Cryptography;
using DigitalTwin.Privacy.SecureAggregation;
using FsCheck;
using FsCheck.Fluent;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: any threshold of shares gives the secret, and fewer say nothing about it. Method: shares of PyCryptodome, bit
// by bit; drawn secrets, thresholds and subsets; and for the second half the algebra: for every other secret there is a
// polynomial that explains what a coalition holds.
public sealed class ShamirTests
{
    private static readonly byte[] Secret = [.. Enumerable.Range(0, Shamir.SecretSize).Select(i => (byte)i)];

    // PyCryptodome 3.11, S = Cryptodome.Protocol.SecretSharing, for either half h in (0, 1):
    // feed = iter(sha256(bytes([h, i])).digest()[:16] for i in range(2)); S.rng = lambda n: next(feed)
    // S.Shamir.split(3, 5, bytes(range(16 * h, 16 * h + 16)), ssss=False), then first half + second half.
    private static readonly string[] Shares =
    [
        "22B060AC3319AC27BBA22B26179DC683CA02D1BE042887306B3B1CC8428566D1",
        "32ACB1B1B0134ED3773820DB1A103DF834FF6D624EC9864232CC2B3BCC05A8F9",
        "101DD31E870FE4F3C49301F60180F574EEECAECF5EF4176541EE2DE8929DD037",
        "BA67BED50495E5FB97F6FD83A4C5E2DA1AEA0C5C4B32FED27FF78A43088D6D29",
        "98D6DC7A33894FDB245DDCAEBF552A56C0F9CFF15B0F6FF50CD58C90561515E7",
    ];

    [Fact]
    public void With_the_same_coefficients_our_shares_are_those_of_pycryptodome()
    {
        byte[] coefficients =
        [
            .. Enumerable.Range(0, 2).SelectMany(
                power => Enumerable.Range(0, 2).SelectMany(
                    half => SHA256.HashData([(byte)half, (byte)power])[..16])),
        ];

        Assert.Equal(string.Concat(Shares), Convert.ToHexString(Shamir.Evaluate(Secret, coefficients, 5)));
    }

    [Theory]
    [InlineData(1, 2, 3)]
    [InlineData(3, 4, 5)]
    [InlineData(5, 1, 3)]
    [InlineData(1, 2, 3, 4, 5)]
    public void Shares_of_pycryptodome_combine_here(params int[] indices)
    {
        Assert.Equal(Secret, Shamir.Combine(indices, Given(indices)));
    }

    [Fact]
    public void Any_threshold_of_shares_gives_the_secret_and_one_fewer_does_not()
    {
        Gen<(int Shares, int Threshold, int Seed)> sizes =
            from shares in Gen.Choose(1, 40)
            from threshold in Gen.Choose(1, shares)
            from seed in Gen.Choose(0, int.MaxValue)
            select (shares, threshold, seed);

        Prop.ForAll(sizes.ToArbitrary(), size =>
        {
            byte[] secret = SHA256.HashData(BitConverter.GetBytes(size.Seed));
            byte[] dealt = Shamir.Split(secret, size.Threshold, size.Shares);
            int[] order = [.. Enumerable.Range(1, size.Shares).OrderBy(i => Rank(i, size.Seed)).Take(size.Threshold)];

            // One share fewer gives the secret by chance once in 2^256.
            bool exact = Shamir.Combine(order, Pick(dealt, order)).AsSpan().SequenceEqual(secret);
            bool hidden = order.Length == 1
                || !Shamir.Combine(order.AsSpan(1), Pick(dealt, order[1..])).AsSpan().SequenceEqual(secret);
            return exact && hidden;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(150).WithReplay(20260401, 77));
    }

    [Fact]
    public void A_coalition_below_the_threshold_holds_shares_of_every_secret_alike()
    {
        // t − 1 shares and any secret at zero are t points, and t points are on exactly one polynomial of degree t − 1.
        // So for what the coalition holds, every secret has exactly one choice of coefficients, all equally likely.
        // Shown by building the share that another holder would have for another secret, and combining.
        const int Threshold = 5;
        byte[] dealt = Shamir.Split(Secret, Threshold, 8);
        int[] coalition = [2, 4, 5, 8];
        UInt128[] weights = Shamir.WeightsAtZero([.. coalition, 7]);
        for (int other = 0; other < 20; other++)
        {
            byte[] anotherSecret = SHA256.HashData([(byte)other]);

            // Solve secret = Σ weight · share for the share of holder 7.
            byte[] explained = new byte[Shamir.SecretSize];
            foreach (int half in (int[])[0, 16])
            {
                UInt128 rest = At(anotherSecret, half);
                for (int i = 0; i < coalition.Length; i++)
                {
                    rest ^= BinaryField128.Multiply(weights[i], At(Pick(dealt, [coalition[i]]), half));
                }

                UInt128 share = BinaryField128.Multiply(rest, BinaryField128.Inverse(weights[^1]));
                BinaryPrimitives.WriteUInt128BigEndian(explained.AsSpan(half), share);
            }

            Assert.Equal(
                anotherSecret,
                Shamir.Combine([.. coalition, 7], [.. Pick(dealt, coalition), .. explained]));
        }
    }

    [Fact]
    public void A_share_below_the_threshold_is_uniform_whatever_the_secret()
    {
        // χ² of 256 byte values over 4000 sharings of 32 zero bytes: 128,000 bytes, 500 expected per value. With 255
        // degrees of freedom, 391.8 is exceeded with probability below 10^-7.
        int[] counts = new int[256];
        for (int i = 0; i < 4000; i++)
        {
            foreach (byte value in Shamir.Split(new byte[Shamir.SecretSize], 2, 2).AsSpan(0, Shamir.SecretSize))
            {
                counts[value]++;
            }
        }

        Assert.True(counts.Sum(count => (count - 500.0) * (count - 500.0) / 500.0) < 391.8);
    }

    [Fact]
    public void What_is_no_sharing_is_refused()
    {
        Assert.Throws<ArgumentException>(() => Shamir.Split(new byte[31], 2, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => Shamir.Split(Secret, 0, 3));
        Assert.Throws<ArgumentOutOfRangeException>(() => Shamir.Split(Secret, 4, 3));
        Assert.Throws<ArgumentException>(() => Shamir.Combine(Array.Empty<int>(), []));
        Assert.Throws<ArgumentException>(() => Shamir.Combine([1, 2], new byte[32]));
        Assert.Throws<ArgumentException>(() => Shamir.Combine([1, 1], new byte[64]));
        Assert.Throws<ArgumentOutOfRangeException>(() => Shamir.Combine([0, 1], new byte[64]));
    }

    private static byte[] Given(int[] indices) =>
        [.. indices.SelectMany(index => Convert.FromHexString(Shares[index - 1]))];

    private static byte[] Pick(byte[] dealt, int[] indices) =>
        [.. indices.SelectMany(index => dealt[((index - 1) * Shamir.SecretSize)..(index * Shamir.SecretSize)])];

    private static UInt128 At(byte[] bytes, int position) =>
        BinaryPrimitives.ReadUInt128BigEndian(bytes.AsSpan(position));

    private static int Rank(int item, int seed) =>
        BitConverter.ToInt32(SHA256.HashData([.. BitConverter.GetBytes(item), .. BitConverter.GetBytes(seed)]));
}
