using System.Numerics;
using DigitalTwin.Ledger.Ethereum.Encoding;
using DigitalTwin.Ledger.Ethereum.Transactions;

namespace DigitalTwin.Ledger.Tests.Ethereum.Transactions;

// Goal: our transactions are those that every Ethereum client makes and takes. Method: the example of EIP-155 and two
// without fees, signed by ethers 5.8.0; ours are signed by OpenSSL, whose nonces differ, and read back. 2,859 more
// transactions are in tests/Interop.Tests.
public sealed class EthereumTransactionTests
{
    private static readonly byte[] PrivateKey = [.. Enumerable.Repeat((byte)0x46, 32)];

    // The address of the private key 0x46…46 in EIP-155's example.
    private static readonly EthereumAddress Sender =
        EthereumAddress.Parse("0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F");

    // EIP-155, "Example"; then new ethers.Wallet('0x4646…').signTransaction({nonce: 0, gasLimit: 100000, to: '0x…dEaD',
    // data: '0xdeadbeef', chainId: 1337, and gasPrice: 0, or type: 2 and both fees 0}).
    public static TheoryData<string, string, string> Foreign => new()
    {
        {
            "0xf86c098504a817c800825208943535353535353535353535353535353535353535880de0b6b3a76400008025a028ef61340bd9"
                + "39bc" + "2195fe537567866003e1a15d3c71ff63e1590620aa636276a067cbe9d8997f761aecb703"
                + "304b3800ccf555c9f3dc64214b297f"
                + "b1966a3b6d83",
            "0xdaf5a779ae972f972197303d7b574746c7ef83eadac0f2791ad23db92e4c8e53",
            "0x33469b22e9f636356c4160a87eb19df52b7412e8eac32a4a55ffe88ea8350788"
        },
        {
            "0xf8668080830186a094000000000000000000000000000000000000dead8084deadbeef820a96a00cb4471"
                + "65d2d8ab8e5018186ed4e"
                + "7d4c1da63c232657331900296eb01d623628a0264353d53560a2e78458f6e3faec6f50870be387fc1"
                + "3ed4f1cf3c6b3dbd310bb",
            "0xc691a45879272a77447e2ce2abf0736ffc8285c3cc93e064bfcaa1654b500cc6",
            "0x31212260ae3c0e4b1ce08d03af060d7ea7a763b9becd566a3b0de1e0c96b0cfa"
        },
        {
            "0x02f869820539808080830186a094000000000000000000000000000000000000dead8084deadbeefc001a"
                + "094fcf9d9880dbb08a469"
                + "c4b173cd22fd01f62e72d8fcc0e1d80fc9335a6e07d5a02b9f24736603f82d14cae7f9b360331ffec"
                + "2d485bd788858239a4b83"
                + "3c562a9b",
            "0x26602da533bbf72debd75630bae9590e065fbad786253f9a1d6ff6aaa3760516",
            "0x6e4227735bb9b9318848f2f25c366d58251d5b056321b265467f3d6e7d7fea61"
        },
    };

    [Theory]
    [MemberData(nameof(Foreign))]
    public void A_foreign_transaction_has_the_same_hashes_bytes_and_sender(string raw, string signingHash, string hash)
    {
        EthereumTransaction transaction = EthereumTransaction.Decode(Hex.ToBytes(raw));

        Assert.Equal(raw, Hex.OfBytes(transaction.Encode()));
        Assert.Equal(signingHash, Hex.OfBytes(transaction.SigningHash()));
        Assert.Equal(hash, Hex.OfBytes(transaction.Hash()));
        Assert.Equal(Sender, transaction.Sender());
    }

    [Theory]
    [MemberData(nameof(Foreign))]
    public void Our_signature_of_the_same_transaction_is_by_the_same_sender(string raw, string signingHash, string hash)
    {
        using EthereumKey key = EthereumKey.FromBytes(PrivateKey);
        EthereumTransaction ours =
            (EthereumTransaction.Decode(Hex.ToBytes(raw)) with { Signature = null }).SignedBy(key);

        EthereumTransaction read = EthereumTransaction.Decode(ours.Encode());

        Assert.Equal(Sender, key.Address);
        Assert.Equal(Sender, read.Sender());
        Assert.Equal(signingHash, Hex.OfBytes(read.SigningHash()));
        Assert.NotEqual(hash, Hex.OfBytes(read.Hash()));
        Assert.True(read.Signature!.S <= Secp256k1.HalfOrder);
    }

    [Fact]
    public void A_transaction_without_a_chain_is_never_signed()
    {
        using EthereumKey key = EthereumKey.Generate();

        Assert.Throws<InvalidOperationException>(() => new EthereumTransaction { To = key.Address }.SignedBy(key));
    }

    [Fact]
    public void A_signature_with_the_higher_s_is_refused()
    {
        EthereumTransaction transaction = EthereumTransaction.Decode(Hex.ToBytes((string)Foreign.First().Data.Item1));
        BigInteger high = Secp256k1.Order - transaction.Signature!.S;

        Assert.Throws<FormatException>(() =>
            EthereumSignature.Of(transaction.Signature.R, high, !transaction.Signature.IsOdd));
    }

    [Fact]
    public void A_changed_byte_changes_the_sender_or_breaks_the_transaction()
    {
        byte[] raw = Hex.ToBytes((string)Foreign.First().Data.Item1);
        for (int at = 0; at < raw.Length; at++)
        {
            byte[] changed = [.. raw];
            changed[at] ^= 1;
            EthereumAddress? sender = null;
            try
            {
                sender = EthereumTransaction.Decode(changed).Sender();
            }
            catch (FormatException)
            {
                // Refused, which is as good.
            }

            Assert.NotEqual(Sender, sender);
        }
    }
}
