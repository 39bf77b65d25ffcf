using System.Globalization;
using System.Numerics;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Ledger.Tests.Ethereum.Encoding;

// Goal: no bytes of a node bring the decoders of RLP, transactions and ABI to another exception than the documented
// one, and what RLP accepts has one encoding. Method: valid encodings changed in one to four places by a seeded stream.
// DTWIN_LEDGER_FUZZ=10000000 runs more; a failure names the execution.
public sealed class BinaryFuzzTests
{
    private const int DefaultExecutions = 20_000;
    private const ulong Seed = 20261126;

    private static readonly IReadOnlyList<AbiType> Types =
        AbiType.ParseList("uint64,bytes32,string,bytes,(address,bool,int128)[],uint8[3],bytes4[]");

    private readonly record struct Format(string Name, byte[] Valid, Func<byte[], byte[]?> Rewrite);

    [Fact]
    public void Decoders_throw_nothing_but_the_documented_exception()
    {
        long executions = long.Parse(
            Environment.GetEnvironmentVariable("DTWIN_LEDGER_FUZZ")
                ?? DefaultExecutions.ToString(CultureInfo.InvariantCulture),
            CultureInfo.InvariantCulture);
        Format[] formats = [.. Formats()];
        Assert.All(formats, format => Assert.Equal(format.Valid, format.Rewrite(format.Valid) ?? format.Valid));
        ulong state = Seed;
        long accepted = 0;
        for (long execution = 0; execution < executions; execution++)
        {
            Format format = formats[Next(ref state, formats.Length)];
            byte[] mutated = Mutated(format.Valid, ref state);
            try
            {
                byte[]? written = format.Rewrite(mutated);
                accepted++;
                if (written is not null && !written.AsSpan().SequenceEqual(mutated))
                {
                    Assert.Fail($"{format.Name}, execution {execution}: two encodings of one value.");
                }
            }
            catch (FormatException)
            {
                // The one that is promised.
            }
            catch (Exception error) when (error is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"{format.Name}, execution {execution}: {error}\n{Convert.ToHexString(mutated)}");
            }
        }

        Assert.InRange(accepted, executions / 100, executions);
        TestContext.Current.SendDiagnosticMessage($"{executions} executions, {accepted} of them still decoded.");
    }

    private static IEnumerable<Format> Formats()
    {
        RlpItem item = RlpItem.List(
            RlpItem.Of(new BigInteger(1024)), RlpItem.Of("dog"u8), RlpItem.List(), RlpItem.Of(new byte[70]),
            RlpItem.List(RlpItem.Of(BigInteger.Zero), RlpItem.Of([0x7f])));
        yield return new Format("RLP", item.Encode(), bytes => RlpItem.Decode(bytes).Encode());

        using EthereumKey key = EthereumKey.Generate();
        byte[] transaction = new EthereumTransaction
        {
            ChainId = 1337,
            Nonce = 7,
            GasLimit = 100_000,
            To = key.Address,
            Data = new byte[40],
        }.SignedBy(key).Encode();
        yield return new Format("transaction", transaction, bytes => EthereumTransaction.Decode(bytes).Encode());

        object[] row = [key.Address, true, new BigInteger(-5)];
        byte[] values = Abi.Encode(Types,
        [
            new BigInteger(12), new byte[32], "héllo", new byte[33], new object[] { row, row },
            new object[] { BigInteger.One, BigInteger.Zero, new BigInteger(255) }, new object[] { new byte[4] },
        ]);

        // Offsets may point where they like, so ABI has many encodings of one value: only the exceptions are held here.
        yield return new Format("ABI", values, bytes =>
        {
            Abi.Decode(Types, bytes);
            return null;
        });
    }

    private static byte[] Mutated(byte[] valid, ref ulong state)
    {
        List<byte> bytes = [.. valid];
        for (int changes = 1 + Next(ref state, 4); changes > 0; changes--)
        {
            int at = Next(ref state, bytes.Count + 1);
            switch (Next(ref state, 5))
            {
                case 0 when at < bytes.Count:
                    bytes[at] ^= (byte)(1 << Next(ref state, 8));
                    break;
                case 1 when at < bytes.Count:
                    bytes[at] = (byte)Next(ref state, 256);
                    break;
                case 2 when at < bytes.Count:
                    bytes.RemoveRange(at, int.Min(1 + Next(ref state, 33), bytes.Count - at));
                    break;
                case 3:
                    bytes.InsertRange(at, Enumerable.Repeat((byte)(Next(ref state, 2) * 255), 1 + Next(ref state, 33)));
                    break;
                default:
                    bytes.Insert(at, (byte)Next(ref state, 256));
                    break;
            }
        }

        return [.. bytes];
    }

    // SplitMix64 (Steele, Lea and Flood 2014): a short stream that is the same everywhere.
    private static int Next(ref ulong state, int bound)
    {
        unchecked
        {
            state += 0x9e3779b97f4a7c15;
            ulong word = state;
            word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
            word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
            return (int)((word ^ (word >> 31)) % (ulong)bound);
        }
    }
}
