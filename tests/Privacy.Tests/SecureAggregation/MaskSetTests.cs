using System.Buffers.Binary;
using System.Numerics;
using System.Security.Cryptography;
using DigitalTwin.Privacy.SecureAggregation;
using FsCheck;
using FsCheck.Fluent;

namespace DigitalTwin.Privacy.Tests.SecureAggregation;

// Goal: a mask is the AES-256-CTR stream of its key, cut into slots, whatever the length of the vector. Method: bytes
// of openssl, hashes of long streams from Python, a plain reference word by word, and the algebra of adding and
// removing.
public sealed class MaskSetTests
{
    private static readonly byte[] Key = [.. Enumerable.Range(0, SecretBytes.KeySize).Select(i => (byte)i)];

    // head -c 24 /dev/zero | openssl enc -aes-256-ctr -K 000102…1e1f -iv 00000000000000000000000000000000 | xxd -p
    private static readonly byte[] Stream = Convert.FromHexString("F29000B62A499FD0A9F39A6ADD2E7780F05D76AE4AB99FE5");

    [Theory]
    [InlineData(1)]
    [InlineData(17)]
    [InlineData(24)]
    [InlineData(32)]
    public void Slots_up_to_32_bits_take_four_bytes_of_openssls_stream(int slotBits)
    {
        ulong[] words = new ulong[6];

        Apply(words, slotBits, (Key, MaskSign.Add));

        ulong slot = ulong.MaxValue >> (64 - slotBits);
        Assert.Equal(
            Enumerable.Range(0, 6).Select(i => BinaryPrimitives.ReadUInt32LittleEndian(Stream.AsSpan(4 * i)) & slot),
            words);
    }

    [Theory]
    [InlineData(33)]
    [InlineData(48)]
    [InlineData(64)]
    public void Wider_slots_take_eight_bytes_of_openssls_stream(int slotBits)
    {
        ulong[] words = new ulong[3];

        Apply(words, slotBits, (Key, MaskSign.Add));

        ulong slot = ulong.MaxValue >> (64 - slotBits);
        Assert.Equal(
            Enumerable.Range(0, 3).Select(i => BinaryPrimitives.ReadUInt64LittleEndian(Stream.AsSpan(8 * i)) & slot),
            words);
    }

    // Python, cryptography 48: s = Cipher(AES(bytes(range(32))), CTR(bytes(16))).encryptor().update(bytes(800000));
    // sha256(s[:400000]).hexdigest(), sha256(s).hexdigest()
    [Theory]
    [InlineData(32, "E76AB9AE57D18F0654CFEE040E93753DABE66AE975DD252E54B3BD8D5F7D23D5")]
    [InlineData(64, "9C32659C3518EA3F41A89CD39EE0046DBEADABDAAF762AAC5076AD075A913D75")]
    public void A_mask_of_many_batches_is_one_stream(int slotBits, string expected)
    {
        ulong[] words = new ulong[100_000];

        Apply(words, slotBits, (Key, MaskSign.Add));

        byte[] bytes = [.. words.SelectMany(word => BitConverter.GetBytes(word)[..(slotBits / 8)])];
        Assert.Equal(expected, Convert.ToHexString(SHA256.HashData(bytes)));
    }

    [Fact]
    public void Several_masks_of_any_length_and_width_add_up_as_word_by_word()
    {
        Gen<(int Words, int SlotBits, int Masks, int Seed)> cases =
            from words in Gen.Frequency((3, Gen.Choose(0, 70)), (1, Gen.Choose(4000, 9000)))
            from slotBits in Gen.Choose(1, 64)
            from masks in Gen.Choose(0, 5)
            from seed in Gen.Choose(0, int.MaxValue)
            select (words, slotBits, masks, seed);

        Prop.ForAll(cases.ToArbitrary(), one =>
        {
            (byte[] Key, MaskSign Sign)[] masks =
            [
                .. Enumerable.Range(0, one.Masks).Select(i => (
                    SHA256.HashData([.. BitConverter.GetBytes(one.Seed), (byte)i]),
                    ((one.Seed >> i) & 1) == 0 ? MaskSign.Add : MaskSign.Subtract)),
            ];
            ulong[] plain = [.. Enumerable.Range(0, one.Words).Select(i => unchecked((ulong)i * (ulong)one.Seed << 7))];
            ulong[] expected = WordByWord(plain, one.SlotBits, masks);

            Apply(plain, one.SlotBits, masks);

            return plain.AsSpan().SequenceEqual(expected);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(60).WithReplay(20260402, 77));
    }

    [Fact]
    public void What_is_added_comes_off_again()
    {
        ulong[] plain = [.. Enumerable.Range(0, 9000).Select(i => (ulong)i)];
        ulong[] words = [.. plain];

        Apply(words, 24, (Key, MaskSign.Add), (SHA256.HashData(Key), MaskSign.Subtract));
        Assert.NotEqual(plain, words);
        Apply(words, 24, (Key, MaskSign.Subtract), (SHA256.HashData(Key), MaskSign.Add));

        Assert.Equal(plain, words);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(65)]
    [InlineData(-1)]
    public void What_is_no_width_of_a_slot_is_refused(int slotBits)
    {
        ulong[] words = [7];

        Assert.Throws<ArgumentOutOfRangeException>(() => Apply(words, slotBits, (Key, MaskSign.Add)));
        Assert.Equal([7ul], words);
    }

    [Theory]
    [InlineData(16)]
    [InlineData(31)]
    [InlineData(33)]
    public void A_key_of_another_length_is_refused(int bytes)
    {
        using MaskSet masks = new();

        Assert.Throws<ArgumentException>(() => masks.Add(new byte[bytes], MaskSign.Add));
    }

    private static void Apply(ulong[] words, int slotBits, params (byte[] Key, MaskSign Sign)[] masks)
    {
        using MaskSet set = new();
        foreach ((byte[] key, MaskSign sign) in masks)
        {
            set.Add(key, sign);
        }

        set.Apply(words, slotBits);
    }

    // Another road to the same words: one block at a time, one word at a time, in whole numbers without bound.
    private static ulong[] WordByWord(ulong[] plain, int slotBits, (byte[] Key, MaskSign Sign)[] masks)
    {
        int slotBytes = slotBits <= 32 ? 4 : 8;
        BigInteger modulus = BigInteger.One << slotBits;
        BigInteger[] sums = [.. plain.Select(word => new BigInteger(word))];
        foreach ((byte[] key, MaskSign sign) in masks)
        {
            using Aes cipher = Aes.Create();
            cipher.Key = key;
            byte[] block = new byte[16];
            for (int i = 0; i < plain.Length; i++)
            {
                int at = i * slotBytes % 16;
                if (at == 0)
                {
                    byte[] counter = new byte[16];
                    BinaryPrimitives.WriteUInt128BigEndian(counter, (UInt128)(i * slotBytes / 16));
                    block = cipher.EncryptEcb(counter, PaddingMode.None);
                }

                BigInteger word = new(block.AsSpan(at, slotBytes), isUnsigned: true);
                sums[i] += sign == MaskSign.Add ? word : modulus - (word % modulus);
            }
        }

        return [.. sums.Select(sum => (ulong)(sum % modulus))];
    }
}
