using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Harvey's butterflies on eight words, for primes below 2^60.</summary>
/// <remarks>
/// Shoup's quotient is put together from three products of 32-bit halves; the fourth and the carries are left out, so
/// that it falls short by at most 2 and a product is below 4q instead of 2q: forward values stay below 8q, inverse ones
/// below 4q.
/// </remarks>
internal readonly struct HarveyArithmetic512 : IArithmetic512<HarveyArithmetic512>
{
    private readonly Vector512<ulong> _prime;
    private readonly Vector512<ulong> _fourPrimes;

    private HarveyArithmetic512(ulong prime)
    {
        _prime = Vector512.Create(prime);
        _fourPrimes = Vector512.Create(4 * prime);
    }

    public static bool Converts => false;

    public static HarveyArithmetic512 For(NttTables tables) => new(tables.Prime);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<ulong> Enter(Vector512<ulong> residues) => residues;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<ulong> Leave(Vector512<ulong> values) =>
        Below(Below(Below(values, _fourPrimes), _prime + _prime), _prime);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Forward(
        ref Vector512<ulong> x, ref Vector512<ulong> y, Vector512<ulong> root, Vector512<ulong> quotient)
    {
        Vector512<ulong> kept = Below(x, _fourPrimes);
        Vector512<ulong> product = Product(y, root, quotient);
        x = kept + product;
        y = kept - product + _fourPrimes;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Inverse(
        ref Vector512<ulong> x, ref Vector512<ulong> y, Vector512<ulong> root, Vector512<ulong> quotient)
    {
        Vector512<ulong> sum = Below(x + y, _fourPrimes);
        y = Product(x - y + _fourPrimes, root, quotient);
        x = sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<ulong> Sum(Vector512<ulong> x, Vector512<ulong> y) => x + y;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<ulong> Difference(Vector512<ulong> x, Vector512<ulong> y) => x - y + _fourPrimes;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<ulong> Product(Vector512<ulong> x, Vector512<ulong> factor, Vector512<ulong> quotient) =>
        LowProduct(x, factor) - LowProduct(HighProduct(x, quotient), _prime);

    /// <summary>⌊left·right/2^64⌋, or up to 2 less.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> HighProduct(Vector512<ulong> left, Vector512<ulong> right)
    {
        Vector512<uint> leftHigh = (left >> 32).AsUInt32();
        Vector512<uint> rightHigh = (right >> 32).AsUInt32();
        Vector512<ulong> crossing = Avx512F.Multiply(leftHigh, right.AsUInt32());
        Vector512<ulong> otherCrossing = Avx512F.Multiply(left.AsUInt32(), rightHigh);
        return Avx512F.Multiply(leftHigh, rightHigh) + (crossing >> 32) + (otherCrossing >> 32);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> LowProduct(Vector512<ulong> left, Vector512<ulong> right) =>
        Avx512DQ.MultiplyLow(left, right);

    /// <summary>
    /// Subtracts the bound where it is reached: the difference wraps to something larger where it is not.
    /// </summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<ulong> Below(Vector512<ulong> value, Vector512<ulong> bound) =>
        Vector512.Min(value, value - bound);
}
