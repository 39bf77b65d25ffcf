using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Privacy.HomomorphicEncryption;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption;

// Goal: packed residues come back, and nothing else is read. Method: one long integer built with BigInteger as the
// definition of the packing, for widths and counts on and off the vector path.
public sealed class ResidueCodecTests
{
    [Theory]
    [InlineData(16, 1)]
    [InlineData(35, 7)]
    [InlineData(42, 8192)]
    [InlineData(43, 8192)]
    [InlineData(43, 1001)]
    [InlineData(54, 64)]
    [InlineData(57, 130)]
    [InlineData(60, 129)]
    public void Packing_is_one_long_integer_and_comes_back(int bits, int count)
    {
        ulong bound = (1ul << bits) - 3;
        ulong[] residues = Residues(count, bound);
        BigInteger expected = BigInteger.Zero;
        for (int i = count - 1; i >= 0; i--)
        {
            expected = (expected << bits) | residues[i];
        }

        byte[] packed = new byte[ResidueCodec.PackedBytes(count, bits)];
        ResidueCodec.Write(packed, residues, bits);
        ulong[] read = new ulong[count];
        bool accepted = ResidueCodec.TryRead(packed, read, bits, bound);

        Assert.Equal(expected, new BigInteger(packed, isUnsigned: true));
        Assert.True(accepted);
        Assert.Equal(residues, read);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(997)]
    [InlineData(1000)]
    public void One_residue_at_the_bound_is_refused_wherever_it_stands(int position)
    {
        const ulong Bound = (1ul << 43) - 3;
        ulong[] residues = Residues(1001, Bound);
        residues[position] = Bound;
        byte[] packed = new byte[ResidueCodec.PackedBytes(1001, 43)];
        ResidueCodec.Write(packed, residues, 43);

        Assert.False(ResidueCodec.TryRead(packed, new ulong[1001], 43, Bound));
    }

    [Fact]
    public void A_bit_in_the_filling_is_refused()
    {
        byte[] packed = new byte[ResidueCodec.PackedBytes(9, 43)];
        packed[^1] = 0x80;

        Assert.False(ResidueCodec.TryRead(packed, new ulong[9], 43, (1ul << 43) - 3));
    }

    [Fact]
    public void Dropped_bits_come_back_as_zeros()
    {
        ulong[] residues = Residues(77, (1ul << 43) - 256);
        byte[] packed = new byte[ResidueCodec.PackedBytes(77, 35)];
        ulong[] read = new ulong[77];

        ResidueCodec.Write(packed, residues, 35, dropped: 8);

        Assert.True(ResidueCodec.TryRead(packed, read, 35, (1ul << 43) - 3, dropped: 8));
        Assert.Equal(residues.Select(residue => residue & ~255ul), read);
    }

    private static ulong[] Residues(int count, ulong bound)
    {
        using AesCounterStream stream = new(SHA256.HashData("residues"u8));
        byte[] bytes = new byte[count * sizeof(ulong)];
        stream.Fill(bytes);
        return [.. Enumerable.Range(0, count)
            .Select(i => i % 3 == 0 ? bound - 1 : BitConverter.ToUInt64(bytes, i * sizeof(ulong)) % bound)];
    }
}
