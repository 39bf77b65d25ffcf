using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>Exact modular arithmetic in double precision, for primes of at most 46 bits.</summary>
/// <remarks>
/// A product is the rounded value h plus an error that one fused multiply–add finds exactly (Dekker, 1971); taking away
/// q times the rounded quotient from h is exact as well (van der Hoeven, Lecerf and Quintin, "Modular SIMD arithmetic
/// in Mathemagix", 2016, section 3). Results lie within 0.6q of zero, so sums may grow over the layers before 53 bits
/// are full. Integers throughout: another width of vectors gives the same residues.
/// </remarks>
internal readonly struct FusedArithmetic256 : IArithmetic256<FusedArithmetic256>
{
    // Adding and taking away 1.5·2^52 rounds to the nearest integer.
    private const double Rounder = 6755399441055744;

    // 2^52: the bits of 2^52 + x end in those of the integer x.
    private const double Shifter = 4503599627370496;

    private readonly Vector256<double> _prime;
    private readonly Vector256<double> _inverse;

    private FusedArithmetic256(ulong prime)
    {
        _prime = Vector256.Create((double)prime);
        _inverse = Vector256.Create(1.0 / prime);
    }

    public static bool Converts => true;

    public static FusedArithmetic256 For(NttTables tables) => new(tables.Prime);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<ulong> Enter(Vector256<ulong> residues) =>
        ((residues | Vector256.Create(Shifter).AsUInt64()).AsDouble() - Vector256.Create(Shifter)).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<ulong> Leave(Vector256<ulong> values)
    {
        Vector256<double> value = Reduce(values.AsDouble());
        value += Vector256.LessThan(value, Vector256<double>.Zero) & _prime;
        return (value + Vector256.Create(Shifter)).AsUInt64() ^ Vector256.Create(Shifter).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Forward(
        ref Vector256<ulong> x, ref Vector256<ulong> y, Vector256<ulong> root, Vector256<ulong> quotient)
    {
        Vector256<double> kept = x.AsDouble();
        Vector256<double> product = Product(y, root, quotient).AsDouble();
        x = (kept + product).AsUInt64();
        y = (kept - product).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Inverse(
        ref Vector256<ulong> x, ref Vector256<ulong> y, Vector256<ulong> root, Vector256<ulong> quotient)
    {
        Vector256<double> left = x.AsDouble();
        Vector256<double> right = y.AsDouble();
        x = Reduce(left + right).AsUInt64();
        y = Product((left - right).AsUInt64(), root, quotient);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<ulong> Sum(Vector256<ulong> x, Vector256<ulong> y) => (x.AsDouble() + y.AsDouble()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<ulong> Difference(Vector256<ulong> x, Vector256<ulong> y) =>
        (x.AsDouble() - y.AsDouble()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<ulong> Product(Vector256<ulong> x, Vector256<ulong> factor, Vector256<ulong> quotient)
    {
        Vector256<double> value = x.AsDouble();
        Vector256<double> high = value * factor.AsDouble();
        Vector256<double> low = Fma.MultiplySubtract(value, factor.AsDouble(), high);
        Vector256<double> rounder = Vector256.Create(Rounder);
        Vector256<double> multiple = Fma.MultiplyAdd(value, quotient.AsDouble(), rounder) - rounder;
        return (Fma.MultiplyAddNegated(multiple, _prime, high) + low).AsUInt64();
    }

    /// <summary>left·right for two residues that have entered.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector256<ulong> Product(Vector256<ulong> left, Vector256<ulong> right)
    {
        Vector256<double> high = left.AsDouble() * right.AsDouble();
        Vector256<double> low = Fma.MultiplySubtract(left.AsDouble(), right.AsDouble(), high);
        Vector256<double> rounder = Vector256.Create(Rounder);
        Vector256<double> multiple = Fma.MultiplyAdd(high, _inverse, rounder) - rounder;
        return (Fma.MultiplyAddNegated(multiple, _prime, high) + low).AsUInt64();
    }

    /// <summary>Takes away the nearest multiple of q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector256<double> Reduce(Vector256<double> value)
    {
        Vector256<double> rounder = Vector256.Create(Rounder);
        Vector256<double> multiple = Fma.MultiplyAdd(value, _inverse, rounder) - rounder;
        return Fma.MultiplyAddNegated(multiple, _prime, value);
    }
}
