using System.Buffers.Binary;
using System.IO.Compression;
using DigitalTwin.Privacy.HomomorphicEncryption.Seal;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption.Seal;

// Goal: a loader takes what SEAL writes and nothing beside it. Method: a valid object with one field changed at a time,
// and the sentence of the refusal; bombs, truncated and lengthened objects; what each refusal may allocate.
public sealed class SealRefusalTests
{
    // Offsets of a version 4 ciphertext: SEAL, ciphertext.cpp, save_members.
    private const int Id = 16, NttFlag = 48, Polynomials = 49, Degree = 57, Primes = 65, Scale = 73, Correction = 81;
    private const int Array = 89, ArraySize = 97, ArrayCount = 105, FirstResidue = 113;

    [Theory]
    [InlineData(0, 0, "5E A1 10")]
    [InlineData(2, 0x20, "5E A1 10")]
    [InlineData(3, 2, "version 2.1")]
    [InlineData(3, 5, "version 5.1")]
    [InlineData(3, 3, "version 3.1")]
    [InlineData(5, 2, "compression 2")]
    [InlineData(5, 1, "zlib")]
    [InlineData(6, 1, "reserved")]
    [InlineData(8, 0x70, "followed by others")]
    [InlineData(9, 0xff, "announces")]
    [InlineData(15, 0xff, "announces")]
    [InlineData(Id, 0x5a, "other parameters")]
    [InlineData(NttFlag, 1, "NTT flag 1")]
    [InlineData(NttFlag, 2, "NTT flag 2")]
    [InlineData(Polynomials, 0, "0 polynomials")]
    [InlineData(Polynomials, 3, "3 polynomials")]
    [InlineData(Polynomials + 7, 0x80, "polynomials")]
    [InlineData(Degree + 6, 1, "of degree")]
    [InlineData(Primes, 2, "over 2 primes")]
    [InlineData(Scale + 7, 0x40, "scale 65536")]
    [InlineData(Scale + 6, 0xff, "scale")]
    [InlineData(Correction, 2, "correction factor 2")]
    [InlineData(Array, 0, "5E A1 10")]
    [InlineData(Array + 3, 3, "version")]
    [InlineData(Array + 4, 4, "another version")]
    [InlineData(Array + 5, 1, "compressed")]
    [InlineData(ArraySize, 0x17, "words in")]
    [InlineData(ArraySize + 7, 1, "announces")]
    [InlineData(ArrayCount, 1, "words in")]
    [InlineData(ArrayCount + 1, 4, "words in")]
    [InlineData(ArrayCount + 7, 0x20, "words in")]
    [InlineData(FirstResidue + 7, 1, "not below its prime 40961")]
    public void One_changed_byte_of_a_ciphertext_is_named(int offset, byte value, string expected)
    {
        byte[] bytes = SampleObjects.Ciphertext(SampleObjects.OnePrime).ToBytes();
        Assert.NotEqual(value, bytes[offset]);
        bytes[offset] = value;

        Refused(expected, () => SealCiphertext.Parse(SampleObjects.OnePrime, bytes));
    }

    [Fact]
    public void The_smallest_residue_that_is_not_reduced_is_refused_in_every_polynomial()
    {
        SealParameters parameters = SampleObjects.ThreePrimes;
        byte[] valid = SampleObjects.Ciphertext(parameters).ToBytes();
        for (int polynomial = 0; polynomial < 4; polynomial++)
        {
            byte[] bytes = [.. valid];
            ulong prime = parameters.Primes[polynomial % 2];
            int last = FirstResidue + (((polynomial + 1) * parameters.Degree) - 1) * sizeof(ulong);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(last), prime - 1);
            SealCiphertext.Parse(parameters, bytes);
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(last), prime);

            Refused("not below its prime", () => SealCiphertext.Parse(parameters, bytes));
        }
    }

    [Fact]
    public void A_ciphertext_or_key_that_hides_nothing_is_refused()
    {
        SealParameters parameters = SampleObjects.OnePrime;
        byte[] ciphertext = SampleObjects.Ciphertext(parameters).ToBytes();
        byte[] key = SampleObjects.PublicKey(parameters).ToBytes();
        ciphertext.AsSpan(FirstResidue + (parameters.Degree * sizeof(ulong))).Clear();
        key.AsSpan(FirstResidue + (parameters.Degree * sizeof(ulong))).Clear();

        Refused("hides nothing", () => SealCiphertext.Parse(parameters, ciphertext));
        Refused("hides nothing", () => SealPublicKey.Parse(parameters, key));
    }

    [Fact]
    public void Keys_are_not_data_and_data_is_not_a_key()
    {
        SealParameters parameters = SampleObjects.ThreePrimes;
        byte[] key = SampleObjects.PublicKey(parameters).ToBytes();
        byte[] ciphertext = SampleObjects.Ciphertext(parameters).ToBytes();

        Refused("not one for data", () => SealCiphertext.Parse(parameters, key));
        Refused("not one for keys", () => SealPublicKey.Parse(parameters, ciphertext));
    }

    [Theory]
    [InlineData(0, "unknown")]
    [InlineData(3, "unknown")]
    public void A_seed_of_an_unknown_generator_is_refused(byte generator, string expected)
    {
        byte[] bytes = SampleObjects.Ciphertext(SampleObjects.OnePrime, seeded: true).ToBytes();
        bytes[^(SealSeed.SeedBytes + 1)] = generator;

        Refused(expected, () => SealCiphertext.Parse(SampleObjects.OnePrime, bytes));
    }

    [Fact]
    public void Seeds_of_before_3_6_are_neither_read_nor_written()
    {
        SealCiphertext seeded = SampleObjects.Ciphertext(SampleObjects.OnePrime, seeded: true);
        byte[] bytes = seeded.ToBytes(new SealEncoding(3, 6, SealCompression.None));
        int array = Array - sizeof(ulong);
        int seed = bytes.Length - SealSeed.WireBytes;
        (bytes[4], bytes[array + 4], bytes[seed + 4]) = (5, 5, 5);

        Refused("before 3.6", () => SealCiphertext.Parse(SampleObjects.OnePrime, bytes));
        Refused("another rule", () => seeded.ToBytes(new SealEncoding(3, 5, SealCompression.None)));
        Refused("not written", () => seeded.ToBytes(new SealEncoding(5, 0, SealCompression.None)));
    }

    [Fact]
    public void Every_truncation_and_every_lengthening_is_refused()
    {
        foreach ((string name, byte[] bytes, Action<byte[]> parse) in AllObjects())
        {
            foreach (int length in Lengths(bytes.Length))
            {
                byte[] cut = bytes[..length];
                Assert.Throws<SealFormatException>(() => parse(cut));
                if (length >= SealHeader.Bytes)
                {
                    // The header agrees with the shorter length, so that the fields themselves must notice.
                    BinaryPrimitives.WriteUInt64LittleEndian(cut.AsSpan(8), (ulong)length);
                    Assert.Throws<SealFormatException>(() => parse(cut));
                }
            }

            byte[] longer = [.. bytes, 0];
            Refused("followed by others", () => parse(longer));
            BinaryPrimitives.WriteUInt64LittleEndian(longer.AsSpan(8), (ulong)longer.Length);
            SealFormatException refusal = Assert.Throws<SealFormatException>(() => parse(longer));
            Assert.True(
                refusal.Message.Contains("behind its last field", StringComparison.Ordinal)
                || refusal.Message.Contains("zlib stream", StringComparison.Ordinal),
                $"{name}: {refusal.Message}");
        }
    }

    [Fact]
    public void A_bomb_is_not_inflated_beyond_the_largest_valid_object()
    {
        // 256 MB of zeros deflate to about 260 kB.
        byte[] bomb = Compressed(new byte[256 << 20]);
        foreach (SealParameters parameters in (SealParameters[])[SampleObjects.OnePrime, SampleObjects.Approximate])
        {
            long allocated = Allocated(() =>
            {
                Refused("inflates to more", () => SealCiphertext.Parse(parameters, bomb));
                Refused("inflates to more", () => SealPublicKey.Parse(parameters, bomb));
                Refused("inflates to more", () => SealPlaintext.Parse(parameters, bomb));
                Refused("inflates to more", () => SealParameters.Parse(bomb));
            });

            // Four copies of the input, and for each loader a buffer that doubles up to its cap.
            int largest = SampleObjects.PublicKey(parameters).ToBytes().Length;
            Assert.InRange(allocated, 0, (5L * bomb.Length) + (12L * largest) + 200_000);
        }
    }

    [Fact]
    public void Announced_sizes_alone_allocate_nothing()
    {
        byte[] bytes = SampleObjects.Ciphertext(SampleObjects.Approximate).ToBytes();
        byte[] fields = bytes[..FirstResidue];
        BinaryPrimitives.WriteUInt64LittleEndian(fields.AsSpan(8), (ulong)fields.Length);
        BinaryPrimitives.WriteUInt64LittleEndian(fields.AsSpan(ArraySize), (ulong)(fields.Length - Array));

        long allocated = Allocated(
            () => Refused("words in 0 bytes", () => SealCiphertext.Parse(SampleObjects.Approximate, fields)));

        Assert.InRange(allocated, 0, 100_000);
    }

    [Fact]
    public void Bytes_behind_the_zlib_stream_are_refused()
    {
        byte[] bytes = SampleObjects.Ciphertext(SampleObjects.OnePrime).ToBytes(SealEncoding.Zlib);
        foreach (int extra in (int[])[1, 4, 100, 20_000])
        {
            byte[] longer = [.. bytes, .. new byte[extra]];
            BinaryPrimitives.WriteUInt64LittleEndian(longer.AsSpan(8), (ulong)longer.Length);

            Refused("followed by other bytes", () => SealCiphertext.Parse(SampleObjects.OnePrime, longer));
        }
    }

    [Fact]
    public void A_damaged_or_shortened_zlib_stream_is_refused()
    {
        byte[] bytes = SampleObjects.Ciphertext(SampleObjects.OnePrime).ToBytes(SealEncoding.Zlib);
        byte[] wrongSum = [.. bytes];
        wrongSum[^1] ^= 1;
        byte[] shortened = bytes[..^2];
        BinaryPrimitives.WriteUInt64LittleEndian(shortened.AsSpan(8), (ulong)shortened.Length);

        Assert.Throws<SealFormatException>(() => SealCiphertext.Parse(SampleObjects.OnePrime, wrongSum));
        Refused("checksum", () => SealCiphertext.Parse(SampleObjects.OnePrime, shortened));
    }

    [Fact]
    public void A_zlib_stream_that_asks_for_a_dictionary_is_refused()
    {
        // RFC 1950, section 2.2: bit 5 of the second byte, FDICT, and both bytes a multiple of 31. The class library
        // throws another exception for it than for any other malformed stream.
        byte[] bytes = SampleObjects.Ciphertext(SampleObjects.OnePrime).ToBytes(SealEncoding.Zlib);
        (bytes[SealHeader.Bytes], bytes[SealHeader.Bytes + 1]) = (0x78, 0xBB);

        Refused("not a zlib stream", () => SealCiphertext.Parse(SampleObjects.OnePrime, bytes));
    }

    [Fact]
    public void Plaintexts_are_held_to_their_modulus_and_form()
    {
        SealParameters bfv = SampleObjects.OnePrime;
        byte[] coefficient = SampleObjects.Plaintext(bfv).ToBytes();
        BinaryPrimitives.WriteUInt64LittleEndian(coefficient.AsSpan(coefficient.Length - 8), 257);

        Refused("not below t = 257", () => SealPlaintext.Parse(bfv, coefficient));
        Refused("not below t = 257", () => SealPlaintext.Of(bfv, [257]));
        Refused("do not fit", () => SealPlaintext.Of(bfv, new ulong[1025]));
        Refused("BFV only", () => SealPlaintext.Of(SampleObjects.Approximate, [1]));
        Refused(
            "coefficient form",
            () => SealPlaintext.Parse(SampleObjects.Approximate, SampleObjects.Plaintext(bfv).ToBytes()));
        Refused(
            "coefficient form",
            () => SealPlaintext.Parse(bfv, SampleObjects.Plaintext(SampleObjects.Approximate).ToBytes()));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(-1.0)]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(1e30)]
    public void A_scale_that_the_modulus_cannot_hold_is_refused(double scale)
    {
        byte[] bytes = SampleObjects.Ciphertext(SampleObjects.Approximate).ToBytes();
        BinaryPrimitives.WriteDoubleLittleEndian(bytes.AsSpan(Scale), scale);

        Refused("scale", () => SealCiphertext.Parse(SampleObjects.Approximate, bytes));
    }

    [Fact]
    public void A_secret_key_is_wiped_and_never_compressed()
    {
        SealSecretKey key = SampleObjects.SecretKey(SampleObjects.OnePrime);
        byte[] bytes = key.Export();
        bytes[5] = (byte)SealCompression.Zlib;

        Refused("not compressed", () => SealSecretKey.Parse(SampleObjects.OnePrime, bytes));
        key.Dispose();
        Assert.Throws<ObjectDisposedException>(() => key.Residues.Length);
    }

    private static IEnumerable<(string Name, byte[] Bytes, Action<byte[]> Parse)> AllObjects()
    {
        SealParameters parameters = SampleObjects.OnePrime;
        foreach (SealEncoding encoding in (SealEncoding[])[SealEncoding.Default, SealEncoding.Zlib])
        {
            yield return ("parameters", parameters.ToBytes(encoding), bytes => SealParameters.Parse(bytes));
            yield return (
                "plaintext",
                SampleObjects.Plaintext(parameters).ToBytes(encoding),
                bytes => SealPlaintext.Parse(parameters, bytes));
            foreach (bool seeded in (bool[])[false, true])
            {
                yield return (
                    "ciphertext",
                    SampleObjects.Ciphertext(parameters, seeded).ToBytes(encoding),
                    bytes => SealCiphertext.Parse(parameters, bytes));
                yield return (
                    "public key",
                    SampleObjects.PublicKey(parameters, seeded).ToBytes(encoding),
                    bytes => SealPublicKey.Parse(parameters, bytes));
            }
        }

        using SealSecretKey key = SampleObjects.SecretKey(parameters);
        yield return ("secret key", key.Export(), bytes => SealSecretKey.Parse(parameters, bytes).Dispose());
    }

    /// <summary>All lengths up to the first residues, then a few more.</summary>
    private static IEnumerable<int> Lengths(int full)
        => Enumerable.Range(0, int.Min(full, 140)).Concat([full / 2, full - 100, full - 8, full - 1])
            .Where(length => length >= 0 && length < full);

    private static byte[] Compressed(byte[] body)
    {
        using MemoryStream stream = new();
        stream.Write(new byte[SealHeader.Bytes]);
        using (ZLibStream deflating = new(stream, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflating.Write(body);
        }

        byte[] bytes = stream.ToArray();
        new SealHeader(SealEncoding.Zlib, (ulong)bytes.Length).Write(bytes);
        return bytes;
    }

    private static long Allocated(Action action)
    {
        long before = GC.GetAllocatedBytesForCurrentThread();
        action();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private static void Refused(string expected, Action action)
    {
        SealFormatException refusal = Assert.Throws<SealFormatException>(action);
        Assert.Contains(expected, refusal.Message, StringComparison.Ordinal);
    }
}
