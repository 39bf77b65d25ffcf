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
internal readonly struct FusedArithmetic512 : IArithmetic512<FusedArithmetic512>
{
    // Adding and taking away 1.5·2^52 rounds to the nearest integer.
    private const double Rounder = 6755399441055744;

    private readonly Vector512<double> _prime;
    private readonly Vector512<double> _inverse;

    private FusedArithmetic512(ulong prime)
    {
        _prime = Vector512.Create((double)prime);
        _inverse = Vector512.Create(1.0 / prime);
    }

    public static bool Converts => true;

    public static FusedArithmetic512 For(NttTables tables) => new(tables.Prime);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<ulong> Enter(Vector512<ulong> residues) => Avx512DQ.ConvertToVector512Double(residues).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<ulong> Leave(Vector512<ulong> values)
    {
        Vector512<double> value = Reduce(values.AsDouble());
        return Avx512DQ.ConvertToVector512UInt64(value + (Vector512.LessThan(value, Vector512<double>.Zero) & _prime));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Forward(
        ref Vector512<ulong> x, ref Vector512<ulong> y, Vector512<ulong> root, Vector512<ulong> quotient)
    {
        Vector512<double> kept = x.AsDouble();
        Vector512<double> product = Product(y, root, quotient).AsDouble();
        x = (kept + product).AsUInt64();
        y = (kept - product).AsUInt64();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Inverse(
        ref Vector512<ulong> x, ref Vector512<ulong> y, Vector512<ulong> root, Vector512<ulong> quotient)
    {
        Vector512<double> left = x.AsDouble();
        Vector512<double> right = y.AsDouble();
        x = Reduce(left + right).AsUInt64();
        y = Product((left - right).AsUInt64(), root, quotient);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<ulong> Sum(Vector512<ulong> x, Vector512<ulong> y) => (x.AsDouble() + y.AsDouble()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<ulong> Difference(Vector512<ulong> x, Vector512<ulong> y) =>
        (x.AsDouble() - y.AsDouble()).AsUInt64();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<ulong> Product(Vector512<ulong> x, Vector512<ulong> factor, Vector512<ulong> quotient)
    {
        Vector512<double> value = x.AsDouble();
        Vector512<double> high = value * factor.AsDouble();
        Vector512<double> low = Avx512F.FusedMultiplySubtract(value, factor.AsDouble(), high);
        Vector512<double> rounder = Vector512.Create(Rounder);
        Vector512<double> multiple = Avx512F.FusedMultiplyAdd(value, quotient.AsDouble(), rounder) - rounder;
        return (Avx512F.FusedMultiplyAddNegated(multiple, _prime, high) + low).AsUInt64();
    }

    /// <summary>left·right for two residues that have entered.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Vector512<ulong> Product(Vector512<ulong> left, Vector512<ulong> right)
    {
        Vector512<double> high = left.AsDouble() * right.AsDouble();
        Vector512<double> low = Avx512F.FusedMultiplySubtract(left.AsDouble(), right.AsDouble(), high);
        Vector512<double> rounder = Vector512.Create(Rounder);
        Vector512<double> multiple = Avx512F.FusedMultiplyAdd(high, _inverse, rounder) - rounder;
        return (Avx512F.FusedMultiplyAddNegated(multiple, _prime, high) + low).AsUInt64();
    }

    /// <summary>Takes away the nearest multiple of q.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Vector512<double> Reduce(Vector512<double> value)
    {
        Vector512<double> rounder = Vector512.Create(Rounder);
        Vector512<double> multiple = Avx512F.FusedMultiplyAdd(value, _inverse, rounder) - rounder;
        return Avx512F.FusedMultiplyAddNegated(multiple, _prime, value);
    }
}
