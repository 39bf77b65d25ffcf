using System.Numerics;

namespace DigitalTwin.Ledger.Ethereum.Transactions;

/// <summary>Who signed: the public key of an ECDSA signature over secp256k1 (SEC 1, section 4.1.6).</summary>
/// <remarks>
/// Arithmetic on big integers, whose time depends on the numbers. Only public values come here, the signature and the
/// key that follows from it; whatever touches a private key is done by OpenSSL, see <see cref="EthereumKey"/>.
/// </remarks>
internal static class Secp256k1
{
    /// <summary>Length in bytes of a coordinate, and of a number below the order.</summary>
    public const int Size = 32;

    // SEC 2, section 2.4.1: y² = x³ + 7 over the field of p = 2^256 − 2^32 − 977.
    private static readonly BigInteger Prime = (BigInteger.One << 256) - (BigInteger.One << 32) - 977;
    private static readonly Point Generator = new(
        Number("79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798"),
        Number("483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8"),
        BigInteger.One);

    /// <summary>Order of the generator.</summary>
    public static BigInteger Order { get; } =
        Number("FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141");

    /// <summary>Half the order: of s and n − s, which both verify, only the lower is a signature (EIP-2).</summary>
    public static BigInteger HalfOrder { get; } = Order / 2;

    /// <summary>The public key x‖y under which (r, s) signs the hash; null where there is none.</summary>
    /// <param name="hash">Hash of the message, 32 bytes.</param>
    /// <param name="r">First half of the signature.</param>
    /// <param name="s">Second half of the signature.</param>
    /// <param name="isOdd">Whether y of the nonce's point is odd.</param>
    public static byte[]? Recover(ReadOnlySpan<byte> hash, BigInteger r, BigInteger s, bool isOdd)
    {
        if (hash.Length != Size || r.Sign <= 0 || r >= Order || s.Sign <= 0 || s >= Order)
        {
            return null;
        }

        // The x of a nonce's point could lie between the order and p, one case in 2^127: Ethereum has no v for it.
        BigInteger square = Mod(BigInteger.ModPow(r, 3, Prime) + 7);
        BigInteger y = BigInteger.ModPow(square, (Prime + 1) / 4, Prime);
        if (Mod(y * y) != square)
        {
            return null;
        }

        Point nonce = new(r, y.IsEven == isOdd ? Prime - y : y, BigInteger.One);
        BigInteger inverse = BigInteger.ModPow(r, Order - 2, Order);
        BigInteger e = new BigInteger(hash, isUnsigned: true, isBigEndian: true) % Order;
        Point key = Sum(Generator, (Order - e) * inverse % Order, nonce, s * inverse % Order);
        return key.Z.IsZero ? null : Affine(key);
    }

    // a·A + b·B, both scalars read at once from their highest bit (Shamir's trick).
    private static Point Sum(Point first, BigInteger a, Point second, BigInteger b)
    {
        Point both = Add(first, second);
        Point sum = Point.Infinity;
        byte[] bitsOfA = Bytes(a);
        byte[] bitsOfB = Bytes(b);
        for (int bit = 0; bit < 8 * Size; bit++)
        {
            sum = Double(sum);
            int mask = 0x80 >> (bit % 8);
            sum = ((bitsOfA[bit / 8] & mask) != 0, (bitsOfB[bit / 8] & mask) != 0) switch
            {
                (true, true) => Add(sum, both),
                (true, false) => Add(sum, first),
                (false, true) => Add(sum, second),
                _ => sum,
            };
        }

        return sum;
    }

    // Jacobian coordinates: x = X/Z², y = Y/Z³. Doubling for a = 0, "dbl-2009-l" of the Explicit-Formulas Database.
    private static Point Double(Point p)
    {
        if (p.Z.IsZero || p.Y.IsZero)
        {
            return Point.Infinity;
        }

        BigInteger a = Mod(p.X * p.X);
        BigInteger b = Mod(p.Y * p.Y);
        BigInteger c = Mod(b * b);
        BigInteger d = Mod(2 * (((p.X + b) * (p.X + b)) - a - c));
        BigInteger e = 3 * a;
        BigInteger x = Mod((e * e) - (2 * d));
        return new Point(x, Mod((e * (d - x)) - (8 * c)), Mod(2 * p.Y * p.Z));
    }

    // Addition, "add-1998-cmo-2" of the Explicit-Formulas Database.
    private static Point Add(Point p, Point q)
    {
        if (p.Z.IsZero || q.Z.IsZero)
        {
            return p.Z.IsZero ? q : p;
        }

        BigInteger zz1 = Mod(p.Z * p.Z);
        BigInteger zz2 = Mod(q.Z * q.Z);
        BigInteger u1 = Mod(p.X * zz2);
        BigInteger s1 = Mod(Mod(p.Y * q.Z) * zz2);
        BigInteger h = Mod((q.X * zz1) - u1);
        BigInteger r = Mod((Mod(q.Y * p.Z) * zz1) - s1);
        if (h.IsZero)
        {
            return r.IsZero ? Double(p) : Point.Infinity;
        }

        BigInteger hh = Mod(h * h);
        BigInteger hhh = Mod(h * hh);
        BigInteger v = Mod(u1 * hh);
        BigInteger x = Mod((r * r) - hhh - (2 * v));
        return new Point(x, Mod((r * (v - x)) - (s1 * hhh)), Mod(Mod(p.Z * q.Z) * h));
    }

    private static byte[] Affine(Point p)
    {
        BigInteger inverse = BigInteger.ModPow(p.Z, Prime - 2, Prime);
        BigInteger square = Mod(inverse * inverse);
        return [.. Bytes(Mod(p.X * square)), .. Bytes(Mod(Mod(p.Y * square) * inverse))];
    }

    private static byte[] Bytes(BigInteger number)
    {
        byte[] bytes = new byte[Size];
        byte[] digits = number.ToByteArray(isUnsigned: true, isBigEndian: true);
        digits.CopyTo(bytes, Size - digits.Length);
        return bytes;
    }

    private static BigInteger Mod(BigInteger number)
    {
        BigInteger rest = number % Prime;
        return rest.Sign < 0 ? rest + Prime : rest;
    }

    private static BigInteger Number(string hex) =>
        new(Convert.FromHexString(hex), isUnsigned: true, isBigEndian: true);

    private readonly record struct Point(BigInteger X, BigInteger Y, BigInteger Z)
    {
        public static Point Infinity => new(BigInteger.One, BigInteger.One, BigInteger.Zero);
    }
}
