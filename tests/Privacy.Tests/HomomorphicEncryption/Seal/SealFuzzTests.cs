using System.Buffers.Binary;
using System.Globalization;
using DigitalTwin.Privacy.HomomorphicEncryption.Seal;
using DigitalTwin.Privacy.Keccak;

namespace DigitalTwin.Privacy.Tests.HomomorphicEncryption.Seal;

// Goal: no bytes whatever bring a loader to another exception than its own, or to allocate more than a small multiple
// of the largest valid object. Method: valid objects, node-seal's where they are at hand, changed in one to four places
// by a seeded stream. DTWIN_SEAL_MUTATIONS=1000000 runs more; a failure names the seed and the mutation.
public sealed class SealFuzzTests
{
    private const int DefaultMutations = 10_000;
    private const string Seed = "DigitalTwin/tests/seal-fuzz/v1";

    // Exceptions with their stack traces, the zlib stream's own state, and rounding.
    private const long AllocatedAnywayBytes = 300_000;

    private static readonly ulong[] TellingWords =
    [
        0, 1, 2, 3, 16, 1023, 1024, 1025, 2048, 4096, 32768, 65536, int.MaxValue, uint.MaxValue, 1UL << 32, 1UL << 60,
        long.MaxValue, 1UL << 63, ulong.MaxValue / 8, ulong.MaxValue - 15, ulong.MaxValue,
    ];

    [Fact]
    public void Loaders_throw_nothing_but_their_own_exception()
    {
        int mutations = int.Parse(
            Environment.GetEnvironmentVariable("DTWIN_SEAL_MUTATIONS")
                ?? DefaultMutations.ToString(CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture);
        (byte[] Bytes, int LargestBytes, Action<byte[]> Parse)[] corpus = [.. Samples(), .. Golden()];
        using ShakeStream stream = new(System.Text.Encoding.ASCII.GetBytes(Seed));
        int accepted = 0;

        for (int mutation = 0; mutation < mutations; mutation++)
        {
            (byte[] bytes, int largestBytes, Action<byte[]> parse) = corpus[Next(stream, corpus.Length)];
            byte[] mutated = Mutated(bytes, stream);
            long before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                parse(mutated);
                accepted++;
            }
            catch (SealFormatException)
            {
                // The one that is promised.
            }
            catch (Exception other)
            {
                Assert.Fail($"Seed '{Seed}', mutation {mutation}: {other}");
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(
                allocated <= (8L * int.Max(largestBytes, mutated.Length)) + AllocatedAnywayBytes,
                $"Seed '{Seed}', mutation {mutation}: {allocated} bytes allocated for {mutated.Length}.");
        }

        // Changed residues and seeds are still residues and seeds; all else is noticed.
        Assert.InRange(accepted, mutations / 100, mutations / 2);
        TestContext.Current.SendDiagnosticMessage($"{mutations} mutations, {accepted} of them still valid objects.");
    }

    private static IEnumerable<(byte[] Bytes, int LargestBytes, Action<byte[]> Parse)> Samples()
    {
        foreach (SealParameters parameters in (SealParameters[])[SampleObjects.OnePrime, SampleObjects.Approximate])
        {
            int largest = SampleObjects.PublicKey(parameters).ToBytes().Length;
            foreach (SealEncoding encoding in (SealEncoding[])
                [SealEncoding.Default, SealEncoding.Zlib, new(3, 7, SealCompression.None)])
            {
                // The largest parameter set is not much larger than this one.
                yield return (parameters.ToBytes(encoding), 4096, bytes => SealParameters.Parse(bytes));
                yield return (
                    SampleObjects.Plaintext(parameters).ToBytes(encoding),
                    largest,
                    bytes => SealPlaintext.Parse(parameters, bytes));
                foreach (bool seeded in (bool[])[false, true])
                {
                    yield return (
                        SampleObjects.Ciphertext(parameters, seeded).ToBytes(encoding),
                        largest,
                        bytes => SealCiphertext.Parse(parameters, bytes));
                    yield return (
                        SampleObjects.PublicKey(parameters, seeded).ToBytes(encoding),
                        largest,
                        bytes => SealPublicKey.Parse(parameters, bytes));
                }
            }

            using SealSecretKey key = SampleObjects.SecretKey(parameters);
            yield return (key.Export(), largest, bytes => SealSecretKey.Parse(parameters, bytes).Dispose());
        }
    }

    private static IEnumerable<(byte[] Bytes, int LargestBytes, Action<byte[]> Parse)> Golden()
    {
        foreach (SealObjects objects in SealObjects.LoadOrEmpty())
        {
            foreach (string name in objects.Names)
            {
                yield return (
                    objects[name], objects["public_key"].Length, bytes => objects.Rewritten(name, bytes));
            }
        }
    }

    private static byte[] Mutated(byte[] original, ShakeStream stream)
    {
        byte[] bytes = [.. original];
        int changes = 1 + Next(stream, 4);
        for (int change = 0; change < changes && bytes.Length > 0; change++)
        {
            // Half of the changes meet the fields, which are few, and half the residues, which are many.
            int reach = Next(stream, 2) == 0 ? int.Min(bytes.Length, 140) : bytes.Length;
            int at = Next(stream, reach);
            switch (Next(stream, 7))
            {
                case 0:
                    bytes[at] ^= (byte)(1 << Next(stream, 8));
                    break;
                case 1:
                    bytes[at] = (byte)Next(stream, 256);
                    break;
                case 2 when at + sizeof(ulong) <= bytes.Length:
                    BinaryPrimitives.WriteUInt64LittleEndian(
                        bytes.AsSpan(at), TellingWords[Next(stream, TellingWords.Length)]);
                    break;
                case 3:
                    bytes = WithLength(bytes[..at]);
                    break;
                case 4:
                    bytes = WithLength([.. bytes, .. bytes[at..int.Min(at + 200, bytes.Length)]]);
                    break;
                case 5:
                    bytes = WithLength([.. bytes[..at], .. bytes[int.Min(at + 8, bytes.Length)..]]);
                    break;
                default:
                    int from = Next(stream, bytes.Length);
                    int count = int.Min(1 + Next(stream, 64), bytes.Length - int.Max(at, from));
                    bytes.AsSpan(from, count).ToArray().CopyTo(bytes.AsSpan(at));
                    break;
            }
        }

        return bytes;
    }

    /// <summary>Makes the outer header agree with the length, so that the fields behind it are reached.</summary>
    private static byte[] WithLength(byte[] bytes)
    {
        if (bytes.Length >= SealHeader.Bytes)
        {
            BinaryPrimitives.WriteUInt64LittleEndian(bytes.AsSpan(8), (ulong)bytes.Length);
        }

        return bytes;
    }

    private static int Next(ShakeStream stream, int bound)
    {
        Span<byte> word = stackalloc byte[sizeof(uint)];
        stream.Fill(word);
        return (int)((ulong)BinaryPrimitives.ReadUInt32LittleEndian(word) * (ulong)bound >> 32);
    }
}
