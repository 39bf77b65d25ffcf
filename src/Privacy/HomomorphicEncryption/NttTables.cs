using System.Numerics;
using System.Runtime.Intrinsics.X86;

namespace DigitalTwin.Privacy.HomomorphicEncryption;

/// <summary>The negacyclic number-theoretic transform of Z_q[X]/(X^N + 1) for one prime q = 1 mod 2N.</summary>
/// <remarks>
/// Conventions of Microsoft SEAL (ntt.cpp): ψ is the numerically smallest primitive 2N-th root of unity; forward is
/// Cooley–Tukey from natural to bit-reversed order, out[k] = a(ψ^(2·bitrev(k)+1)), with root ψ^bitrev(i) at position i;
/// inverse is Gentleman–Sande from bit-reversed to natural order with N^−1 (Longa and Naehrig, "Speeding up the number
/// theoretic transform", 2016). Inputs and outputs are residues below q. Immutable; safe for concurrent use.
/// </remarks>
internal sealed class NttTables
{
    internal const int MostDegree = 1 << 17;

    /// <summary>
    /// Bits of a prime that the double-precision kernels take. Values grow by less than 0.6q per layer, below 12q
    /// after 17 layers, so that a quotient stays below 2^49 and is rounded with an error below 1/8.
    /// </summary>
    internal const int MostFusedBits = 46;

    // Below this the vector kernels have no whole block of 16.
    private const int LeastVectorDegree = 32;

    /// <summary>Makes the tables, one pass over the powers of the root.</summary>
    /// <exception cref="ArgumentException">
    /// The degree is no power of two from 2 to 2^17, or the prime is not prime, has over 60 bits or is not 1 mod 2N.
    /// </exception>
    internal NttTables(int degree, ulong prime)
    {
        if (degree < 2 || degree > MostDegree || !BitOperations.IsPow2(degree))
        {
            throw new ArgumentException(
                $"A degree is a power of two up to {MostDegree}, not {degree}.", nameof(degree));
        }

        if (prime >> Modulus.MostBits != 0 || prime % (2 * (ulong)degree) != 1 || !Modulus.IsPrime(prime))
        {
            throw new ArgumentException(
                $"{prime} is no prime of at most 60 bits that is 1 mod 2·{degree}.", nameof(prime));
        }

        Degree = degree;
        Modulus = new Modulus(prime);
        Root = SmallestRoot();
        Scalar = new NttRoots(degree, Modulus, Root);
        Fused = Modulus.Bits <= MostFusedBits ? Scalar.AsDoubles(Modulus) : null;
        Path = Fastest();
    }

    internal int Degree { get; }

    internal Modulus Modulus { get; }

    internal ulong Prime => Modulus.Value;

    /// <summary>ψ, the smallest primitive 2N-th root of unity.</summary>
    internal ulong Root { get; }

    /// <summary>The path that <see cref="Forward(Span{ulong})"/> takes on this processor.</summary>
    internal NttPath Path { get; }

    /// <summary>Roots as words, with Shoup's quotients.</summary>
    internal NttRoots Scalar { get; }

    /// <summary>Roots as bit patterns of double-precision numbers, or null where the prime is too large.</summary>
    internal NttRoots? Fused { get; }

    /// <summary>Coefficients in natural order to values in bit-reversed order, in place.</summary>
    internal void Forward(Span<ulong> polynomial) => Forward(polynomial, Path);

    /// <summary>Values in bit-reversed order to coefficients in natural order, in place.</summary>
    internal void Inverse(Span<ulong> values) => Inverse(values, Path);

    /// <summary>Whether this processor and prime can take <paramref name="path"/>.</summary>
    internal bool Supports(NttPath path) => path switch
    {
        NttPath.Scalar => true,
        NttPath.Avx2 => Avx2.IsSupported && Degree >= LeastVectorDegree,
        NttPath.FusedAvx2 => Avx2.IsSupported && Fma.IsSupported && Fused is not null && Degree >= LeastVectorDegree,
        NttPath.Avx512 => Avx512DQ.IsSupported && Degree >= LeastVectorDegree,
        NttPath.FusedAvx512 => Avx512DQ.IsSupported && Fused is not null && Degree >= LeastVectorDegree,
        _ => false,
    };

    internal void Forward(Span<ulong> polynomial, NttPath path)
    {
        CheckLength(polynomial.Length);
        switch (path)
        {
            case NttPath.Avx2:
                NttBlocks256.Forward<HarveyArithmetic256>(polynomial, this, Scalar);
                break;
            case NttPath.FusedAvx2:
                NttBlocks256.Forward<FusedArithmetic256>(polynomial, this, Fused!);
                break;
            case NttPath.Avx512:
                NttBlocks512.Forward<HarveyArithmetic512>(polynomial, this, Scalar);
                break;
            case NttPath.FusedAvx512:
                NttBlocks512.Forward<FusedArithmetic512>(polynomial, this, Fused!);
                break;
            default:
                NttScalar.Forward(polynomial, this);
                break;
        }
    }

    internal void Inverse(Span<ulong> values, NttPath path)
    {
        CheckLength(values.Length);
        switch (path)
        {
            case NttPath.Avx2:
                NttBlocks256.Inverse<HarveyArithmetic256>(values, this, Scalar);
                break;
            case NttPath.FusedAvx2:
                NttBlocks256.Inverse<FusedArithmetic256>(values, this, Fused!);
                break;
            case NttPath.Avx512:
                NttBlocks512.Inverse<HarveyArithmetic512>(values, this, Scalar);
                break;
            case NttPath.FusedAvx512:
                NttBlocks512.Inverse<FusedArithmetic512>(values, this, Fused!);
                break;
            default:
                NttScalar.Inverse(values, this);
                break;
        }
    }

    private NttPath Fastest()
    {
        NttPath[] fastestFirst = [NttPath.FusedAvx512, NttPath.Avx512, NttPath.FusedAvx2, NttPath.Avx2];
        foreach (NttPath path in fastestFirst)
        {
            if (Supports(path))
            {
                return path;
            }
        }

        return NttPath.Scalar;
    }

    private void CheckLength(int length)
    {
        if (length != Degree)
        {
            throw new ArgumentException($"Expected {Degree} residues, got {length}.");
        }
    }

    private ulong SmallestRoot()
    {
        ulong order = 2 * (ulong)Degree;
        ulong candidate = 2;
        ulong root = Modulus.Power(candidate, (Prime - 1) / order);

        // The order of a power divides 2N; it is 2N exactly when the N-th power is −1.
        while (Modulus.Power(root, (ulong)Degree) != Prime - 1)
        {
            candidate++;
            root = Modulus.Power(candidate, (Prime - 1) / order);
        }

        ulong square = Modulus.Multiply(root, root);
        ulong smallest = root;
        for (int i = 1; i < Degree; i++)
        {
            root = Modulus.Multiply(root, square);
            smallest = ulong.Min(smallest, root);
        }

        return smallest;
    }
}
