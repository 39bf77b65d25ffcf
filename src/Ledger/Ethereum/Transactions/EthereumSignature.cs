using System.Numerics;

namespace DigitalTwin.Ledger.Ethereum.Transactions;

/// <summary>A recoverable ECDSA signature over secp256k1: r, the lower s, and which of two keys it is by.</summary>
public sealed record EthereumSignature
{
    /// <summary>Length in bytes of r‖s‖v.</summary>
    public const int EncodedSize = (2 * Secp256k1.Size) + 1;

    private EthereumSignature(BigInteger r, BigInteger s, bool isOdd)
    {
        R = r;
        S = s;
        IsOdd = isOdd;
    }

    /// <summary>x of the nonce's point.</summary>
    public BigInteger R { get; }

    /// <summary>The proof; at most half the order of the curve.</summary>
    public BigInteger S { get; }

    /// <summary>Whether y of the nonce's point is odd: the recovery id, EIP-2718's y parity.</summary>
    public bool IsOdd { get; }

    /// <summary>A signature of these parts.</summary>
    /// <exception cref="FormatException">A part is out of range; s above half the order too (EIP-2).</exception>
    public static EthereumSignature Of(BigInteger r, BigInteger s, bool isOdd) =>
        r.Sign > 0 && r < Secp256k1.Order && s.Sign > 0 && s <= Secp256k1.HalfOrder
            ? new EthereumSignature(r, s, isOdd)
            : throw new FormatException("A part of the signature is out of range.");

    /// <summary>Reads r‖s‖v of <see cref="EncodedSize"/> bytes, v being 0 or 1, as in a QBFT seal.</summary>
    /// <exception cref="FormatException">The bytes have another form.</exception>
    public static EthereumSignature Parse(ReadOnlySpan<byte> encoded) =>
        encoded.Length == EncodedSize && encoded[^1] <= 1
            ? Of(Number(encoded[..Secp256k1.Size]), Number(encoded[Secp256k1.Size..^1]), encoded[^1] == 1)
            : throw new FormatException($"A seal is r, s and v of 0 or 1 in {EncodedSize} bytes.");

    /// <summary>Whose signature of the hash it is; null where it is nobody's.</summary>
    public EthereumAddress? SignerOf(ReadOnlySpan<byte> hash) =>
        Secp256k1.Recover(hash, R, S, IsOdd) is { } key ? EthereumAddress.OfPublicKey(key) : null;

    internal static BigInteger Number(ReadOnlySpan<byte> bytes) => new(bytes, isUnsigned: true, isBigEndian: true);
}
