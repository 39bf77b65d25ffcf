using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Harvey's butterflies on four words, for primes below 2^60.</summary>
/// <remarks>
/// Shoup's quotient is put together from three products of 32-bit halves; the fourth and the carries are left out, so
/// that it falls short by at most 2 and a product is below 4q instead of 2q: forward values stay below 8q, inverse ones
/// below 4q.
/// </remarks>
internal readonly struct HarveyArithmetic256 : IArithmetic256<HarveyArithmetic256>
{
    private readonly Vector256<ulong> _prime;
    private readonly Vector256<ulong> _fourPrimes;

    private HarveyArithmetic256(ulong prime)
    {
        _prime = Vector256.Create(prime);
        _fourPrimes = Vector256.Create(4 * prime);
    }

    public static bool Converts => false;

    public static HarveyArithmetic256 For(NttTables tables) => new(tables.Prime);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<ulong> Enter(Vector256<ulong> residues) => residues;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<ulong> Leave(Vector256<ulong> values) =>
        Below(Below(Below(values, _fourPrimes), _prime + _prime), _prime);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Forward(
        ref Vector256<ulong> x, ref Vector256<ulong> y, Vector256<ulong> root, Vector256<ulong> quotient)
    {
        Vector256<ulong> kept = Below(x, _fourPrimes);
        Vector256<ulong> product = Product(y, root, quotient);
        x = kept + product;
        y = kept - product + _fourPrimes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Inverse(
        ref Vector256<ulong> x, ref Vector256<ulong> y, Vector256<ulong> root, Vector256<ulong> quotient)
    {
        Vector256<ulong> sum = Below(x + y, _fourPrimes);
        y = Product(x - y + _fourPrimes, root, quotient);
        x = sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<ulong> Sum(Vector256<ulong> x, Vector256<ulong> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<ulong> Difference(Vector256<ulong> x, Vector256<ulong> y) => x - y + _fourPrimes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<ulong> Product(Vector256<ulong> x, Vector256<ulong> factor, Vector256<ulong> quotient) =>
        LowProduct(x, factor) - LowProduct(HighProduct(x, quotient), _prime);

    /// <summary>⌊left·right/2^64⌋, or up to 2 less.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> HighProduct(Vector256<ulong> left, Vector256<ulong> right)
    {
        Vector256<uint> leftHigh = (left >> 32).AsUInt32();
        Vector256<uint> rightHigh = (right >> 32).AsUInt32();
        Vector256<ulong> crossing = Avx2.Multiply(leftHigh, right.AsUInt32());
        Vector256<ulong> otherCrossing = Avx2.Multiply(left.AsUInt32(), rightHigh);
        return Avx2.Multiply(leftHigh, rightHigh) + (crossing >> 32) + (otherCrossing >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> LowProduct(Vector256<ulong> left, Vector256<ulong> right)
    {
        Vector256<ulong> crossing = Avx2.Multiply((left >> 32).AsUInt32(), right.AsUInt32())
            + Avx2.Multiply(left.AsUInt32(), (right >> 32).AsUInt32());
        return Avx2.Multiply(left.AsUInt32(), right.AsUInt32()) + (crossing << 32);
    }

    /// <summary>
    /// Subtracts the bound where it is reached: values are below 2^63, so the sign of the difference tells.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<ulong> Below(Vector256<ulong> value, Vector256<ulong> bound)
    {
        Vector256<double> reduced = (value - bound).AsDouble();
        return Avx.BlendVariable(reduced, value.AsDouble(), reduced).AsUInt64();
    }
}
